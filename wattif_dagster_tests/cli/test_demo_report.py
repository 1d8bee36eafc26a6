"""What `wattif demo` says of the fleet, and its pictures of single meters."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from PIL import Image
from rich.console import Console

from wattif_dagster.cli.demo_plot import MeterHours, plot_meters_beside_truth
from wattif_dagster.cli.demo_report import FleetDays, table_of_fleet
from wattif_dagster.ingest.layout import labels_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject
from wattif_dagster.local_time import LocalTime
from wattif_dagster.metering.incidents import IncidentLabel
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.pixels import FLAG_RED, count_pixels

DAY = date(2024, 1, 9)
MIDNIGHT = datetime(2024, 1, 9, tzinfo=UTC)
TRUTH_GREY = (140, 140, 140)


def print_fleet(flags: list[bool | None]) -> str:
    """What is said of a day with these flags and an incident from 01:00 to 03:00."""
    manifest = Manifest(
        day=DAY,
        fingerprint="f",
        revision="00000000",
        interval_seconds=900,
        meters=1,
        compression="none",
        labels=ManifestObject(
            name=labels_name(DAY, "00000000"), bytes=0, crc32c="AAAAAA==", rows=0
        ),
        objects=(),
        incident=IncidentLabel("surge", "2024-01-09T01:00:00Z", "2024-01-09T03:00:00Z", 0.5),
    )
    rows = [
        {"time": MIDNIGHT + timedelta(hours=hour), "is_anomaly": flag}
        for hour, flag in enumerate(flags)
    ]
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table_of_fleet(FleetDays([manifest], {DAY: rows})))
    return captured.get()


def test_flags_elsewhere_are_counted_over_scored_hours():
    said = print_fleet([True, True, False, False, None, None])
    assert "1 of its 2 hours" in said
    assert "1 of 2 hours" in said


def test_nothing_is_elsewhere_where_no_hour_is_scored():
    said = print_fleet([None] * 24)
    assert "0 of its 2 hours" in said
    assert "an hour is scored with the history of a week" in said


def plot(simulation: Simulation, probability: float) -> Image.Image:
    hours = [
        {
            "serial": "MAC00000001",
            "time_hour_rolled": MIDNIGHT + timedelta(hours=hour),
            "avg_kw": None if hour == 5 else 0.1,
            "lower": None if hour < 12 else 0.05,
            "upper": None if hour < 12 else 190.0,
            "anomaly_probability": probability if hour in (5, 9) else None,
            "reason": "day:floor7-",
        }
        for hour in range(24)
    ]
    meter = MeterHours.of("MAC00000001", MIDNIGHT, hours, simulation, 0.99)
    assert len(meter.true) == 24
    png = plot_meters_beside_truth([meter], "T1 scaled", LocalTime())
    image = Image.open(BytesIO(png))
    assert image.format == "PNG"
    return image.convert("RGB")


def test_picture_shows_the_true_load_and_what_is_flagged():
    simulation = Simulation(interval_seconds=900)
    flagged, unflagged = plot(simulation, 1.0), plot(simulation, 0.5)
    panel = (0, 0, flagged.width, flagged.height - 60)
    assert count_pixels(flagged, panel, TRUTH_GREY) > 500
    assert count_pixels(flagged, panel, FLAG_RED) > 20
    assert count_pixels(unflagged, panel, FLAG_RED) == 0


def test_true_load_is_that_of_the_simulation():
    simulation = Simulation(interval_seconds=900)
    hours = [{**dict.fromkeys(("avg_kw", "lower", "upper", "anomaly_probability"))}]
    hours[0] |= {"time_hour_rolled": MIDNIGHT, "reason": None}
    (kw,) = MeterHours.of("MAC00000001", MIDNIGHT, hours, simulation, 0.99).true
    assert 0 < kw < 0.9
