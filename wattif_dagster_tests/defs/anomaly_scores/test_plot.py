"""A plot of single meters, looked at by its pixels."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

from PIL import Image

from wattif_dagster.defs.anomaly_scores.plot import plot_meters
from wattif_dagster_tests.support.pixels import FLAG_RED, count_pixels


def make_hours(serial: str, **changes: object) -> list[dict]:
    midnight = datetime(2024, 1, 9, tzinfo=UTC)
    return [
        {
            "serial": serial,
            "time_hour_rolled": midnight + timedelta(hours=hour),
            "avg_kw": 0.3 + 0.01 * hour,
            "lower": 0.1,
            "upper": 0.9,
            "anomaly_probability": 0.2,
            "reason": "hour:avg+",
            **(changes if hour == 12 else {}),
        }
        for hour in range(24)
    ]


def plot(rows: list[dict]) -> Image.Image:
    image = Image.open(BytesIO(plot_meters(rows)))
    assert image.format == "PNG"
    return image.convert("RGB")


def count_red(image: Image.Image) -> int:
    return count_pixels(image, (0, 0, *image.size), FLAG_RED)


def test_only_flagged_hours_are_marked():
    assert count_red(plot(make_hours("A", anomaly_probability=0.98))) == 0
    assert count_red(plot(make_hours("A", anomaly_probability=0.99))) > 10


def test_flagged_hour_without_readings_is_marked():
    assert count_red(plot(make_hours("A", avg_kw=None, anomaly_probability=1.0))) > 10


def test_hours_without_bounds_or_probability_are_plotted():
    nothing = {"lower": None, "upper": None, "anomaly_probability": None}
    assert count_red(plot([{**row, **nothing} for row in make_hours("A")])) == 0


def test_each_line_has_the_panels_of_three_meters():
    three = plot([row for serial in "ABC" for row in make_hours(serial)])
    four = plot([row for serial in "ABCD" for row in make_hours(serial)])
    assert four.width == three.width
    assert four.height > three.height


def test_plot_without_meters_is_an_image():
    assert plot([]).size[0] > 0


def test_serial_with_dollar_signs_is_not_read_as_math():
    assert plot(make_hours("$A_1$ $^$")).size == plot(make_hours("A")).size
