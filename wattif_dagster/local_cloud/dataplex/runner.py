"""Runs jobs one at a time, in the order of their submission.

Jobs of an incremental scan must not overlap: each begins where the last one ended.
"""

import logging
import queue
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeAlias

from google.cloud.dataplex_v1.types import (
    DataQualityResult,
    DataScan,
    DataScanCatalogPublishingStatus,
    DataScanJob,
)

from .anomalies import detect
from .anomaly_points import Source
from .errors import ApiError, CancelledError, ScanError, failed_precondition
from .evaluate import Evaluation, evaluate
from .export import build_export_rows
from .export_schema import PARTITION_FIELD, SCHEMA
from .names import TableName, extract_scan
from .notify import notify
from .rules import has_detection
from .store import Store
from .times import make_timestamp
from .trigger import get_time_to_live, get_trigger_mode
from .warehouse import Rows, Warehouse

State: TypeAlias = DataScanJob.State
Publishing: TypeAlias = DataScanCatalogPublishingStatus
Export: TypeAlias = DataQualityResult.PostScanActionsResult.BigQueryExportResult

_STOPPED = "the service stopped before the job ended"

_log = logging.getLogger(__name__)


class JobRunner:
    """The thread that runs jobs, and the methods by which other threads submit and cancel them."""

    def __init__(self, store: Store, warehouse: Warehouse) -> None:
        self._store = store
        self._warehouse = warehouse
        self._names: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """End the jobs that a crash left unfinished, then start the thread."""
        for job in self._store.list_jobs_in(State.PENDING, State.RUNNING, State.CANCELING):
            cancelled = job.state == State.CANCELING
            message = "" if cancelled else _STOPPED
            self._finish(job.name, State.CANCELLED if cancelled else State.FAILED, message)
        self._thread.start()

    def stop(self, grace: float) -> bool:
        """End the running job at its next query. True if it ended within `grace` seconds."""
        self._stopping = True
        self._names.put(None)
        self._thread.join(grace)
        return not self._thread.is_alive()

    def submit(self, job: str) -> None:
        """Queue a stored job in state PENDING."""
        self._names.put(job)

    def cancel(self, name: str) -> None:
        """End a job as CANCELLED. A running job ends when its current query returns.

        Raises ApiError NOT_FOUND, FAILED_PRECONDITION.
        """
        with self._store.transaction():
            job = self._store.get_job(name)
            if job.state not in (State.PENDING, State.RUNNING, State.CANCELING):
                raise failed_precondition(f"job {name} is already {job.state.name}")
            if job.state == State.PENDING:
                job.state, job.end_time = State.CANCELLED, make_timestamp()
            else:
                job.state = State.CANCELING
            self._store.save_job(job)

    def _work(self) -> None:
        while (name := self._names.get()) is not None and not self._stopping:
            try:
                self._run(name)
            except ApiError as error:
                _log.info("job %s was deleted: %s", name, error)
            except Exception:
                _log.exception("job %s", name)
                with suppress(ApiError):  # the scan may also be deleted
                    self._finish(name, State.FAILED, "internal error; see the service's log")

    def _run(self, name: str) -> None:
        """Run one job to its end. Raises ApiError when the scan is deleted during the job."""
        with self._store.transaction():
            job = self._store.get_job(name)
            if job.state != State.PENDING:
                return
            job.state, job.start_time = State.RUNNING, make_timestamp()
            self._store.save_job(job)
            scan = self._store.get_scan(extract_scan(name))
            high_water = self._store.get_high_water(scan.name)
        try:
            evaluation = self._evaluate(scan, job, high_water)
            exported = self._export(scan, job, evaluation.result)
        except CancelledError:
            self._finish(name, State.CANCELLED)
        except ScanError as error:
            self._finish(name, State.FAILED, str(error))
        else:
            if scan.data_quality_spec.catalog_publishing_enabled:
                evaluation.result.catalog_publishing_status.state = Publishing.State.SKIPPED
            if exported.state:
                evaluation.result.post_scan_actions_result.bigquery_export_result = exported
            failed = exported.state == Export.State.FAILED
            state = State.SUCCEEDED_WITH_ERRORS if failed else State.SUCCEEDED
            self._finish(name, state, exported.message, evaluation)

    def _evaluate(self, scan: DataScan, job: DataScanJob, high_water: str | None) -> Evaluation:
        table = TableName.parse(scan.data.resource, "data.resource")

        def query(sql: str) -> Rows:
            if self._stopping:
                raise ScanError(_STOPPED)
            if self._store.get_job(job.name).state == State.CANCELING:
                raise CancelledError
            return self._warehouse.query(sql, table.project)

        columns = self._warehouse.get_columns(table)
        if columns is None:
            raise ScanError(f"table {table} was not found")
        if not has_detection(scan.data_quality_spec):
            return evaluate(scan, columns, high_water, query)
        source = Source.from_scan(scan, columns, self._warehouse.get_partition_column(table))
        detection = detect(scan, job, source, query, self._warehouse)
        evaluation = evaluate(scan, columns, high_water, query, detection.rules)
        evaluation.result.anomaly_detection_generated_assets = detection.tables
        return evaluation

    def _export(self, scan: DataScan, job: DataScanJob, result: DataQualityResult) -> Export:
        """Write the results to the table of the scan. Without a table, the state is unset."""
        actions = scan.data_quality_spec.post_scan_actions
        if "bigquery_export" not in actions:
            return Export()
        table = TableName.parse(actions.bigquery_export.results_table, "results_table")
        rows = build_export_rows(scan, job, result, datetime.now(UTC))
        try:
            self._warehouse.append(table, SCHEMA, PARTITION_FIELD, rows)
        except ScanError as error:
            return Export(state=Export.State.FAILED, message=f"export failed: {error}")
        return Export(state=Export.State.SUCCEEDED)

    def _finish(
        self, name: str, state: State, message: str = "", evaluation: Evaluation | None = None
    ) -> None:
        """Store the end of a job in the job and in its scan, in one transaction."""
        with self._store.transaction():
            job = self._store.get_job(name)
            scan = self._store.get_scan(extract_scan(name))
            if job.state == State.CANCELING:
                state, message, evaluation = State.CANCELLED, "", None
            job.state, job.message, job.end_time = state, message, make_timestamp()
            if state == State.SUCCEEDED_WITH_ERRORS:
                job.partial_failure_message = message
            if evaluation is not None:
                job.data_quality_result = scan.data_quality_result = evaluation.result
                self._store.save_high_water(scan.name, evaluation.high_water)
            scan.execution_status = DataScan.ExecutionStatus(
                latest_job_create_time=job.create_time,
                latest_job_start_time=job.start_time,
                latest_job_end_time=job.end_time,
            )
            self._store.save_job(job)
            self._store.save_scan(scan)
            if get_trigger_mode(scan) == "one_time":
                self._store.expire_scan(scan.name, datetime.now(UTC) + get_time_to_live(scan))
        notify(scan, job)
