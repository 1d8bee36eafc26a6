"""How much slower a day lands when its files must still be made than when they are ready.

The baseline hands the same bytes, ready on disk, to the transfer manager, with as many threads as
WattIf uploads with. Both go to the same server on the same machine, in turns, and the best of each
counts. Server, client and rendering share the cores, and no network is as fast as that server, so
both are also measured over a line of limited bandwidth.

`python -m benchmarks.saturation MBIT_PER_S ...` measures them over other lines.
"""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from google.cloud.storage import transfer_manager

from benchmarks.cloud import local_resources
from benchmarks.line import over_a_line
from benchmarks.measurement import Measurement, compare
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.objects import ObjectRenderer
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings.ingest import Compression, IngestOptions

SIMULATION = Simulation(load="household")
READY, MADE = "upload of ready files", "WattIf, from nothing"
UPLINK_MBIT_PER_S = 100.0


def run(quick: bool) -> list[Measurement]:
    """Rows per second of both: plain, gzip, and gzip over a line."""
    meters, turns = (100, 1) if quick else (1000, 3)
    days = consecutive_days()
    with local_resources() as resources:
        return [
            *pair("plain", resources, "none", meters, islice(days, 2 * turns)),
            *pair("gzip", resources, "gzip", meters, islice(days, 2 * turns)),
            *pair_over_a_line(resources, UPLINK_MBIT_PER_S, 2 * meters, islice(days, 2 * turns)),
        ]


def pair_over_a_line(
    resources: Resources, mbit_per_second: float, meters: int, days: Iterator[date]
) -> list[Measurement]:
    """Both with gzip, over a line of that bandwidth."""
    with over_a_line(resources, mbit_per_second) as slow:
        return pair(f"gzip, {mbit_per_second:g} Mbit/s", slow, "gzip", meters, days)


def pair(
    name: str, resources: Resources, compression: Compression, meters: int, days: Iterator[date]
) -> list[Measurement]:
    """Both in turns, on a new day each time, so that no object is kept."""
    options = resources["wattif_ingest"].model_copy(update={"compression": compression})
    best = {READY: 0.0, MADE: 0.0}
    for day in days:
        best[READY] = max(best[READY], upload_ready(resources, day, meters, options))
        best[MADE] = max(best[MADE], land_from_nothing(resources, next(days), meters, options))
    return compare(f"saturation, {name}", "rows/s", best, READY)


def consecutive_days() -> Iterator[date]:
    """Yield days from the first of the simulation on, without end."""
    return (SIMULATION.first_day + timedelta(days=n) for n in count())


def land_from_nothing(
    resources: Resources, day: date, meters: int, options: IngestOptions
) -> float:
    """Rows per second of landing a day, with its manifest."""
    landing = make_landing(day, meters, options)
    began = perf_counter()
    rows = land_day(resources["wattif_gcs"], landing).manifest.total_rows
    return rows / (perf_counter() - began)


def upload_ready(resources: Resources, day: date, meters: int, options: IngestOptions) -> float:
    """Rows per second of one call of the transfer manager. Raises when an upload failed."""
    bucket = resources["wattif_gcs"].client.bucket(resources["wattif_gcs"].bucket)
    with TemporaryDirectory(dir=Path(options.spool_dir).parent) as folder:
        paths = list(_write_objects(Path(folder), make_landing(day, meters, options)))
        pairs = [(str(path), bucket.blob(f"ready/{day}/{path.name}")) for path in paths]
        began = perf_counter()
        results = transfer_manager.upload_many(
            pairs, worker_type=transfer_manager.THREAD, max_workers=options.connections
        )
        seconds = perf_counter() - began
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return meters * SIMULATION.readings_per_day / seconds


def make_landing(day: date, meters: int, options: IngestOptions) -> Landing:
    """A landing of the first meters."""
    return Landing(SIMULATION, day, np.arange(meters, dtype=np.uint32), options)


def _write_objects(folder: Path, landing: Landing) -> Iterator[Path]:
    renderer = ObjectRenderer(landing)
    for index in range(landing.object_count):
        path = folder / f"{index:06d}"
        path.write_bytes(renderer.render(index).body)
        yield path


def main() -> None:
    """Print for each line how much longer WattIf takes than the upload of ready files."""
    days = consecutive_days()
    with local_resources() as resources:
        for mbit_per_second in map(float, sys.argv[1:]):
            ready, made = pair_over_a_line(resources, mbit_per_second, 2000, islice(days, 6))
            print(f"{mbit_per_second:g} Mbit/s: {ready.value / made.value:.2f} of the time")


if __name__ == "__main__":
    main()
