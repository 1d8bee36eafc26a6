"""Files, rows and keys for tests of the Google services."""

import json
import threading
from datetime import date
from pathlib import Path
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.ingest.store import SpooledFile, crc32c
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager


def spool_file(folder: Path, name: str, data: bytes) -> SpooledFile:
    """Write a file into the folder, to be uploaded under the name."""
    path = folder / name.replace("/", "_")
    path.write_bytes(data)
    return SpooledFile(path, name, len(data), crc32c(data))


def upload(gcs: GcsTransferManager, *files: SpooledFile) -> None:
    """Upload the files as one batch."""
    gcs.upload(files, threading.Event())


def write_rows(gcs: GcsTransferManager, name: str, *rows: dict[str, Any] | str) -> str:
    """Write rows, or lines as they are, as an object; returns its URI."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    gcs.write(name, "".join(f"{line}\n" for line in lines).encode())
    return f"{gcs.uri}/{name}"


def make_reading(
    day: date, value: float, hour: int = 0, serial: str = "MAC00000001"
) -> dict[str, Any]:
    return {"serial": serial, "timestamp": f"{day}T{hour:02d}:00:00Z", "reading": value}


def read_readings(bigquery: BigQueryWarehouse) -> list[tuple[str, float]]:
    """Read the day and value of every row."""
    found = bigquery.rows(
        f"SELECT FORMAT_TIMESTAMP('%F', timestamp) AS day, reading "
        f"FROM {bigquery.quoted(schemas.METER_READINGS)} ORDER BY day, reading"
    )
    return [(row["day"], row["reading"]) for row in found]


def write_key_file(folder: Path, token_uri: str = "https://oauth2.googleapis.com/token") -> Path:
    """Write a service account key like Google's, with a new private key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "key.json"
    key = {
        "type": "service_account",
        "client_email": "loader@some-project.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "token_uri": token_uri,
    }
    file.write_text(json.dumps(key))
    return file
