"""Flagged meters are written with reasons in words, and files appear when they are whole."""

import csv
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from wattif_dagster.scoring.output import FLAGGED_COLUMNS, write_flagged, writing_scores
from wattif_dagster.scoring.pictures import plot_curves
from wattif_dagster.scoring.results import SCORES_SCHEMA, FlaggedMeter
from wattif_dagster_tests.support.pixels import BAND_BLUE, FLAG_RED, VALUE_BLUE, count_pixels

METER = FlaggedMeter(
    serial="attic, 2nd floor",
    alert_days=2,
    days=3,
    hours=9,
    rule_hours=4,
    first=datetime(2024, 1, 1, 5, tzinfo=UTC),
    last=datetime(2024, 1, 3, 7, tzinfo=UTC),
    probability=1.0,
    provisional=True,
    reasons={"day:level1-": 5, "rule:stuck": 4},
)


def test_flagged_meters_have_reasons_in_words(tmp_path: Path):
    file = tmp_path / "flagged.csv"
    write_flagged(file, [METER])
    head, row = csv.reader(file.open(encoding="utf-8", newline=""))
    assert tuple(head) == FLAGGED_COLUMNS
    written = dict(zip(head, row, strict=True))
    assert written["serial"] == "attic, 2nd floor"
    assert written["hours_by_behaviour"] == "5"
    assert written["first_flagged"] == "2024-01-01T05:00:00Z"
    assert written["provisional"] == "yes"
    assert (
        written["reasons"]
        == "uses less than expected (5 h); one and the same reading is repeated (4 h)"
    )


def test_interrupted_scores_leave_the_former_file(tmp_path: Path):
    file = tmp_path / "scores.parquet"
    with writing_scores(file) as writer:
        writer.write_table(SCORES_SCHEMA.empty_table())
    before = file.read_bytes()

    def interrupt() -> None:
        with writing_scores(file) as writer:
            writer.write_table(SCORES_SCHEMA.empty_table())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["scores.parquet"]
    assert pq.read_schema(file) == SCORES_SCHEMA


def draw(*curves: list[dict[str, object]]) -> Image.Image:
    titles = {f"meter {n} of $5": curve for n, curve in enumerate(curves)}
    return Image.open(BytesIO(plot_curves(titles))).convert("RGB")


def make_curve(flagged: int) -> list[dict[str, object]]:
    return [
        {
            "time_hour_rolled": datetime(2024, 1, 1 + hour // 24, hour % 24, tzinfo=UTC),
            "avg_kw": None if hour == 5 else 0.5,
            "lower": None if hour < 24 else 0.2,
            "upper": None if hour < 24 else 80.0,
            "anomaly_probability": 1.0 if hour < flagged else None,
        }
        for hour in range(72)
    ]


def test_curve_bounds_and_flags_are_drawn():
    image = draw(make_curve(flagged=20))
    box = (0, 30, *image.size)
    assert count_pixels(image, box, VALUE_BLUE) > 500
    assert count_pixels(image, box, BAND_BLUE) > 20_000
    assert count_pixels(image, box, FLAG_RED) > 300
    assert count_pixels(draw(make_curve(flagged=0)), box, FLAG_RED) < 100  # that of the legend


def test_meters_have_a_panel_each():
    one, three = draw(make_curve(9)), draw(*3 * [make_curve(9)])
    assert three.size[1] == pytest.approx(3 * one.size[1], abs=2)
    assert draw().size == one.size
