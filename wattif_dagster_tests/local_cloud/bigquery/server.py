"""Starts a BigQuery server for tests, with all patches or without some of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import orjson
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from wattif_dagster.local_cloud.ports import free_ports

SCHEMA = (
    bigquery.SchemaField("serial", "STRING", "REQUIRED"),
    bigquery.SchemaField("timestamp", "TIMESTAMP", "REQUIRED"),
    bigquery.SchemaField("reading", "FLOAT64"),
)

Row = dict[str, object]


def row(timestamp: str, serial: str = "MAC00000001", reading: object = 0.5) -> Row:
    return {"serial": serial, "timestamp": timestamp, "reading": reading}


def ndjson(rows: Iterable[Row]) -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in rows)


@dataclass(frozen=True)
class Server:
    """A running server, its client, and the folder that it reads as Cloud Storage."""

    client: bigquery.Client
    buckets: Path
    data: Path
    process: subprocess.Popen[str]
    url: str
    """Root of the REST API."""

    def put(self, name: str, content: bytes, bucket: str = "readings") -> str:
        """Store an object and return its URI."""
        file = self.buckets / bucket / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return f"gs://{bucket}/{name}"

    def table(self, schema: Iterable[bigquery.SchemaField] = SCHEMA) -> bigquery.Table:
        """A new day-partitioned table in a new dataset."""
        dataset = f"d{uuid4().hex[:8]}"
        self.client.create_dataset(dataset)
        table = bigquery.Table(f"{self.client.project}.{dataset}.readings", schema=list(schema))
        table.time_partitioning = bigquery.TimePartitioning(field="timestamp")
        return self.client.create_table(table)

    def load(
        self,
        uris: str | list[str],
        table: bigquery.Table,
        partition: str = "",
        disposition: str = "WRITE_APPEND",
        job_id: str | None = None,
        **options: object,
    ) -> bigquery.LoadJob:
        """Run a load job to its end. A failed job raises the client's exception."""
        config = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", write_disposition=disposition, **options
        )
        target = f"{table.project}.{table.dataset_id}.{table.table_id}{partition}"
        job = self.client.load_table_from_uri(uris, target, job_id=job_id, job_config=config)
        job.result()
        return job

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(each) for each in self.client.query_and_wait(sql)]

    def days(self, table: bigquery.Table) -> dict[str, int]:
        """The number of rows by day."""
        name = f"`{table.project}.{table.dataset_id}.{table.table_id}`"
        counted = self.rows(
            f"SELECT CAST(DATE(timestamp) AS STRING), COUNT(*) FROM {name} GROUP BY 1 ORDER BY 1"
        )
        return {str(day): int(str(count)) for day, count in counted}


@contextmanager
def serving(
    folder: Path, *without: str, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server over the folder for the block. Raises RuntimeError when it does not start."""
    port = free_ports({"http": None})["http"]
    command = [sys.executable, "-m", "wattif_dagster.local_cloud.bigquery", "--port", str(port)]
    command += ["--data-dir", str(folder / "data"), "--gcs-root", str(folder / "buckets")]
    command += [argument for name in without for argument in ("--without", name)]
    process = subprocess.Popen(
        command,
        env=os.environ | dict(environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not _healthy(port):
            if process.poll() is not None:
                raise RuntimeError(process.stderr.read() if process.stderr else "")
            time.sleep(0.05)
        url = f"http://127.0.0.1:{port}/bigquery/v2"
        client = bigquery.Client(
            project="wattif-local",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{port}"},
        )
        yield Server(client, folder / "buckets", folder / "data", process, url)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()
