"""Runs the service in one process: store, job runner and both transports."""

from pathlib import Path

from . import grpc_server, rest_server
from .methods import list_data_scan_methods, list_operations_methods
from .operations import OperationsService
from .runner import JobRunner
from .service import DataScanService
from .store import Store
from .warehouse import Warehouse

_GRACE_SECONDS = 1


class Server:
    """Serves from its construction until `stop`. REST starts last, so gRPC answers before it."""

    def __init__(
        self,
        *,
        data_dir: Path,
        bigquery_endpoint: str,
        project: str | None = None,
        grpc_port: int = 0,
        rest_port: int = 0,
    ) -> None:
        """Start to serve. Raises OSError for a port or the directory, and StoreError."""
        data_dir.mkdir(parents=True, exist_ok=True)
        self._store = Store(data_dir / "dataplex.sqlite")
        warehouse = Warehouse(bigquery_endpoint, project)
        self._runner = JobRunner(self._store, warehouse)
        self._runner.start()
        service = DataScanService(self._store, self._runner, warehouse)
        rpcs = list_data_scan_methods(service) + list_operations_methods(
            OperationsService(self._store)
        )
        self._grpc, self.grpc_port = grpc_server.start(rpcs, grpc_port)
        self._rest, self.rest_port = rest_server.start(rpcs, rest_port)

    def stop(self) -> None:
        """Stop to serve. A running job ends as FAILED, now or at the next start."""
        self._rest.shutdown()
        self._rest.server_close()
        self._grpc.stop(_GRACE_SECONDS).wait()
        if self._runner.stop(_GRACE_SECONDS):
            self._store.close()
