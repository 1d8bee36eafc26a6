"""A day from nothing to the local bucket: WattIf beside the predecessor's way.

The predecessor writes a file for each meter and a dict with orjson for each row, and hands files
to the transfer manager in batches of 25 while it writes the next. Here it also waits for each
upload and checks each result. The predecessor did not, and lost up to a fifth of its objects.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import orjson
from google.cloud.storage import transfer_manager

from benchmarks.cloud import local_resources
from benchmarks.measurement import Measurement, compare
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings.ingest import Compression

BASELINE = "the predecessor's way, with all uploads awaited"
BATCH, WRITERS, UPLOADERS, CONNECTIONS = 25, 8, 5, 16
SIMULATION = Simulation()


def run(quick: bool) -> list[Measurement]:
    """Rows per second of each way, to the same server on the same machine."""
    few, many = (25, 200) if quick else (100, 1000)
    with local_resources() as resources:
        days = iter(date(2024, 1, 1) + timedelta(days=n) for n in range(10))
        rates = {
            BASELINE: _rate(lambda: predecessor(resources, next(days), few)),
            "WattIf, plain": _rate(lambda: wattif(resources, next(days), many, "none")),
            "WattIf, gzip": _rate(lambda: wattif(resources, next(days), many, "gzip")),
        }
    return compare("end to end", "rows/s", rates, BASELINE)


def _rate(work: Callable[[], int]) -> float:
    began = perf_counter()
    rows = work()
    return rows / (perf_counter() - began)


def wattif(resources: Resources, day: date, meters: int, compression: Compression) -> int:
    """Land the day with the default options; returns its rows."""
    options = resources["wattif_ingest"].model_copy(update={"compression": compression})
    landing = Landing(SIMULATION, day, np.arange(meters, dtype=np.uint32), options)
    return land_day(resources["wattif_gcs"], landing).manifest.total_rows


def predecessor(resources: Resources, day: date, meters: int) -> int:
    """Land the day as the module says; returns its rows. Raises when an upload failed."""
    bucket = resources["wattif_gcs"].client.bucket(resources["wattif_gcs"].bucket)
    folder_name = f"dt={day}"

    def upload(paths: list[Path]) -> None:
        pairs = [(str(path), bucket.blob(f"{folder_name}/{path.name}")) for path in paths]
        results = transfer_manager.upload_many(
            pairs, worker_type=transfer_manager.THREAD, max_workers=CONNECTIONS
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for path in paths:
            path.unlink()

    with (
        TemporaryDirectory() as folder,
        ThreadPoolExecutor(WRITERS) as writers,
        ThreadPoolExecutor(UPLOADERS) as uploaders,
    ):
        paths = [Path(folder) / f"MAC{serial:08d}.json" for serial in range(meters)]
        uploads = []
        for first in range(0, meters, BATCH):
            batch = paths[first : first + BATCH]
            list(writers.map(lambda path: _write(path, day), batch))
            uploads.append(uploaders.submit(upload, batch))
        for done in wait(uploads).done:
            done.result()
    return meters * SIMULATION.readings_per_day


def _write(path: Path, day: date) -> None:
    midnight = datetime.combine(day, datetime.min.time())
    with path.open("wb") as file:
        for number in range(SIMULATION.readings_per_day):
            at = midnight + timedelta(seconds=number * SIMULATION.interval_seconds)
            row = {"timestamp": at.isoformat(), "reading": round(random.uniform(0.0, 0.9), 3)}
            file.write(orjson.dumps(row) + b"\n")
