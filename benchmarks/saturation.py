"""How much of the upload's own speed is left when the files must still be made.

The baseline hands the same bytes, ready on disk, to the transfer manager, with as many threads as
WattIf uploads with. Both go to the same server on the same machine, in turns; the best of each
counts. On few cores the server, the client and the rendering share them.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from google.cloud.storage import transfer_manager

from benchmarks.cloud import local_resources
from benchmarks.measurement import Measurement, compared
from wattif_dagster.ingest.objects import ObjectRenderer, meters_of_objects
from wattif_dagster.ingest.options import Compression, IngestOptions
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources

SIMULATION = Simulation(load="household")
COMPRESSIONS: tuple[Compression, ...] = ("none", "gzip")
READY, MADE = "the same files, ready-made", "WattIf, from nothing"


def run(quick: bool) -> list[Measurement]:
    """Rows per second of each, plain and gzip."""
    meters, turns = (100, 1) if quick else (1000, 3)
    measured: list[Measurement] = []
    with local_resources() as resources:
        days = (date(2024, 1, 1) + timedelta(days=n) for n in range(366))
        for compression in COMPRESSIONS:
            options = resources["ingest"].model_copy(update={"compression": compression})
            best = {READY: 0.0, MADE: 0.0}
            for _ in range(turns):
                for name, work in ((READY, ready_made), (MADE, from_nothing)):
                    best[name] = max(best[name], work(resources, next(days), meters, options))
            title = "saturation, plain" if compression == "none" else "saturation, gzip"
            measured += compared(title, "rows/s", best, READY)
    return measured


def from_nothing(resources: Resources, day: date, meters: int, options: IngestOptions) -> float:
    """Rows per second of a whole day's landing, its manifest too."""
    serials = np.arange(meters, dtype=np.uint32)
    began = perf_counter()
    rows = land_day(resources["gcs"], SIMULATION, day, serials, options).manifest.total_rows
    return rows / (perf_counter() - began)


def ready_made(resources: Resources, day: date, meters: int, options: IngestOptions) -> float:
    """Rows per second of one call of the transfer manager. Raises when an object did not arrive."""
    bucket = resources["gcs"].client.bucket(resources["gcs"].bucket)
    with TemporaryDirectory(dir=Path(options.spool_dir).parent) as folder:
        paths = list(_written(Path(folder), day, meters, options))
        pairs = [(str(path), bucket.blob(f"ready-made/{day}/{path.name}")) for path in paths]
        began = perf_counter()
        results = transfer_manager.upload_many(
            pairs, worker_type=transfer_manager.THREAD, max_workers=options.connections
        )
        seconds = perf_counter() - began
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return meters * SIMULATION.readings_per_day / seconds


def _written(folder: Path, day: date, meters: int, options: IngestOptions) -> Iterator[Path]:
    renderer = ObjectRenderer(SIMULATION, day, options)
    serials = np.arange(meters, dtype=np.uint32)
    for index, part in enumerate(meters_of_objects(meters, options)):
        path = folder / f"{index:06d}"
        path.write_bytes(renderer.render(index, serials[part]).body)
        yield path
