from datetime import UTC, datetime, timedelta
from io import BytesIO

from PIL import Image

from wattif_dagster.defs.anomaly_scores.plot import _sheets, meters_picture
from wattif_dagster_tests.defs.fleet_anomalies.test_plot import FLAG_RED, count


def hours(serial: str, **changes: object) -> list[dict]:
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


def drawn(rows: list[dict]) -> Image.Image:
    image = Image.open(BytesIO(meters_picture(rows)))
    assert image.format == "PNG"
    return image.convert("RGB")


def red(image: Image.Image) -> int:
    return count(image, (0, 0, *image.size), FLAG_RED)


def test_flagged_hours_alone_are_marked():
    assert red(drawn(hours("A", anomaly_probability=0.98))) == 0
    assert red(drawn(hours("A", anomaly_probability=0.99))) > 10


def test_an_hour_without_readings_is_marked_too():
    assert red(drawn(hours("A", avg_kw=None, anomaly_probability=1.0))) > 10


def test_hours_without_bounds_or_probability_are_drawn():
    nothing = {"lower": None, "upper": None, "anomaly_probability": None}
    assert red(drawn([{**row, **nothing} for row in hours("A")])) == 0


def test_each_meter_has_a_panel_three_in_a_line():
    three = drawn([row for serial in "ABC" for row in hours(serial)])
    four = drawn([row for serial in "ABCD" for row in hours(serial)])
    assert four.width == three.width
    assert four.height > three.height


def test_no_meter_is_a_picture_too():
    assert drawn([]).size[0] > 0


def test_nothing_is_left_of_the_picture_before():
    """Sheets are drawn on again: with fewer meters and other scales."""
    large = hours("B", avg_kw=20.0, anomaly_probability=1.0)
    pictures = [hours("A"), [*hours("A"), *large], [], large, [*large, *large[:3]]]
    drawn_after_others = [meters_picture(rows) for rows in (*pictures, *pictures[::-1])]
    for rows, after in zip((*pictures, *pictures[::-1]), drawn_after_others, strict=True):
        _sheets.cache_clear()
        assert meters_picture(rows) == after
