"""A plot of a day of the fleet, looked at by its pixels."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from matplotlib import rc_context
from PIL import Image

from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.local_time import LocalTime
from wattif_dagster_tests.support.pixels import BAND_BLUE, FLAG_RED, count_pixels


def make_day(**changes: object) -> list[dict]:
    midnight = datetime(2024, 1, 9, tzinfo=UTC)
    return [
        {
            "metric": metric,
            "time": midnight + timedelta(hours=hour),
            "value": 0.45 + 0.001 * (hour % 3),
            "lower_bound": 0.445,
            "upper_bound": 0.457,
            "is_anomaly": False,
            **(changes if hour == 12 else {}),
        }
        for metric in ("AVG", "MAX")
        for hour in range(24)
    ]


def plot(rows: list[dict]) -> Image.Image:
    png = plot_day(rows, 0.99)
    assert len(png) < 100_000  # each run keeps it in its metadata
    image = Image.open(BytesIO(png))
    assert image.format == "PNG"
    assert image.size == (900, 420)
    return image.convert("RGB")


# The panels, without the legend below them.
LEFT, RIGHT = (0, 0, 450, 380), (450, 0, 900, 380)


def test_flagged_hours_are_marked_in_their_panel() -> None:
    flagged = [
        {**row, "is_anomaly": row["is_anomaly"] and row["metric"] == "AVG"}
        for row in make_day(value=0.2, is_anomaly=True)
    ]
    image = plot(flagged)
    assert count_pixels(image, LEFT, FLAG_RED) > 20
    assert count_pixels(image, RIGHT, FLAG_RED) == 0


def test_order_of_the_rows_does_not_matter() -> None:
    assert plot_day(make_day(), 0.99) == plot_day(make_day()[::-1], 0.99)


def test_matplotlibrc_does_not_change_the_plot() -> None:
    usual = plot_day(make_day(), 0.99)
    with rc_context({"font.size": 30, "lines.linewidth": 9, "figure.facecolor": "red"}):
        assert plot_day(make_day(), 0.99) == usual


def test_page_is_white() -> None:
    assert plot(make_day()).getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("kept", [0, 24])
def test_day_with_missing_hours_is_plotted(kept: int) -> None:
    assert plot(make_day()[:kept])


def test_hours_without_history_have_no_band() -> None:
    unknown = {"lower_bound": None, "upper_bound": None, "is_anomaly": None}
    rows = [{**row, **unknown} if row["metric"] == "MAX" else row for row in make_day()]
    image = plot(rows)
    assert count_pixels(image, LEFT, BAND_BLUE) > 10_000
    assert count_pixels(image, RIGHT, BAND_BLUE) < 1_000  # the rims of the line


def test_hours_are_labelled_in_local_time() -> None:
    """The line is where it was, and the labels below it are others."""
    utc, berlin = (
        Image.open(BytesIO(plot_day(make_day(), 0.99, local_time))).convert("RGB")
        for local_time in (LocalTime(), LocalTime("Europe/Berlin"))
    )
    panel, labels = (0, 65, 450, 335), (0, 340, 450, 380)
    assert utc.crop(panel) == berlin.crop(panel)
    assert utc.crop(labels) != berlin.crop(labels)
