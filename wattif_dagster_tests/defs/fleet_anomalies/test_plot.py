from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from wattif_dagster.detection.sheets import Sheets

from wattif_dagster.defs.fleet_anomalies.plot import day_picture
from wattif_dagster.detection import pictures

FLAG_RED = (214, 39, 40)
BAND_BLUE = (206, 225, 242)


def day(**changes: object) -> list[dict]:
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


def drawn(rows: list[dict]) -> Image.Image:
    png = day_picture(rows, 0.99)
    assert len(png) < 60_000
    image = Image.open(BytesIO(png))
    assert image.format == "PNG"
    assert image.size == (900, 420)
    return image.convert("RGB")


def count(image: Image.Image, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> int:
    """Pixels of the box that have about this colour."""
    pixels = image.crop(box).tobytes()
    triples = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    return sum(all(abs(a - b) < 15 for a, b in zip(t, colour, strict=True)) for t in triples)


# The panels, without the legend below them.
LEFT, RIGHT = (0, 0, 450, 380), (450, 0, 900, 380)


def test_flagged_hours_are_marked_in_their_panel() -> None:
    flagged = [
        {**row, "is_anomaly": row["is_anomaly"] and row["metric"] == "AVG"}
        for row in day(value=0.2, is_anomaly=True)
    ]
    image = drawn(flagged)
    assert count(image, LEFT, FLAG_RED) > 20
    assert count(image, RIGHT, FLAG_RED) == 0


def test_the_same_rows_in_any_order_draw_the_same() -> None:
    assert day_picture(day(), 0.99) == day_picture(day()[::-1], 0.99)


def test_nothing_is_left_of_the_picture_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are drawn on again: by few rows after many, by small values after large ones."""
    large = [{**row, "value": 90.0, "is_anomaly": True} for row in day()]
    days = [day(), large, [], day()[:24], large[:2]]
    drawn_after_others = [day_picture(rows, 0.99) for rows in (*days, *days[::-1])]
    for rows, after in zip((*days, *days[::-1]), drawn_after_others, strict=True):
        monkeypatch.setattr(pictures, "SHEETS", Sheets(pictures._sheet))
        assert day_picture(rows, 0.99) == after


def test_the_page_is_white() -> None:
    assert drawn(day()).getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("kept", [0, 24])
def test_a_day_with_hours_missing_is_drawn(kept: int) -> None:
    assert drawn(day()[:kept])


def test_hours_without_history_have_no_band() -> None:
    unknown = {"lower_bound": None, "upper_bound": None, "is_anomaly": None}
    rows = [{**row, **unknown} if row["metric"] == "MAX" else row for row in day()]
    image = drawn(rows)
    assert count(image, LEFT, BAND_BLUE) > 10_000
    assert count(image, RIGHT, BAND_BLUE) < 1_000  # the rims of the line
