"""The registry's serials: batches over the bits of bloom-filter2 beside its own scalar calls."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from bloom_filter2 import BloomFilter

from benchmarks.measurement import Measurement, compare, per_second
from wattif_dagster.metering.bloom import ERROR_RATE, SerialFilter
from wattif_dagster.metering.fleet import first_fleet, next_day, registry_rows_ndjson
from wattif_dagster.metering.issuing import issue_serials, list_candidates
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import SERIAL_SPACE, Simulation

DAY = date(2024, 1, 1)
BASELINE = "bloom-filter2, one serial at a time"


def run(quick: bool) -> list[Measurement]:
    """Serials per second through the filter, and the seconds of a registry's steps."""
    few, many = (2_000, 100_000) if quick else (20_000, 1_000_000)
    rates = {
        BASELINE: per_second(lambda: scalar(few)),
        "WattIf, in batches": per_second(lambda: batch(many)),
    }
    return compare("serial filter", "serials/s", rates, BASELINE) + [
        Measurement("registry", f"{name}, {many:,} meters", many / per_second(work), "s")
        for name, work in registry_work(many).items()
    ]


def scalar(count: int) -> int:
    """Ask and add each serial by the library, on a mapped file."""
    serials = serial_text(list_candidates(7, DAY, 0, count))
    with (
        TemporaryDirectory() as folder,
        BloomFilter(SERIAL_SPACE, ERROR_RATE, filename=(str(Path(folder) / "bits"), -1)) as issued,
    ):
        for serial in serials:
            if serial not in issued:
                issued.add(serial)
    return len(serials)


def batch(count: int) -> int:
    """Draw, ask and add serials in batches."""
    with SerialFilter(SERIAL_SPACE) as issued:
        return len(issue_serials(issued, 7, DAY, count))


def registry_work(meters: int) -> dict[str, Callable[[], int]]:
    """The steps of a day of the registry. Each returns the number of its meters."""
    simulation = Simulation(meters=meters, daily_new_meters=200, daily_retired_meters=100)
    fleet = first_fleet(simulation)
    return {
        "first day": lambda: len(first_fleet(simulation)),
        "next day": lambda: len(next_day(simulation, fleet)),
        "rows as NDJSON": lambda: registry_rows_ndjson(fleet, fleet.day).count(b"\n"),
    }
