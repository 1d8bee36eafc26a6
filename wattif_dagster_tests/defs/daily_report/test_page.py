"""The page, made of meters given here and opened in a real browser."""

import re
from dataclasses import replace
from datetime import UTC as UTC_ZONE
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from wattif_dagster.defs.daily_report.curves import Curve
from wattif_dagster.defs.daily_report.flagged import (
    MOST_CURVES,
    BrokenRule,
    FlaggedDay,
    FlaggedMeter,
    group_episodes,
)
from wattif_dagster.defs.daily_report.page import MOST_ROWS, Fleet, write_page
from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.detection.steps import UTC
from wattif_dagster.feedback import Feedback
from wattif_dagster.local_time import LocalTime
from wattif_dagster_tests.support.browser import open_page

DAY = date(2024, 5, 19)
GIVEN = datetime(2024, 5, 3, 12, tzinfo=UTC_ZONE)
FEEDBACK = {"SEEN": Feedback("SEEN", GIVEN, "theft", "<i>a bypass</i>", date(2024, 6, 1))}
FLEET = Fleet(meters=10_000, scored_meters=9_990, anomalies=1, plot=plot_day([], 0.99))


def make_curve(share: float, night_share: float | None = None) -> Curve:
    """Make a week in which a meter of 1 kW reports that share, at night (UTC) another one."""
    kw, expected = np.full((7, 24), float(share)), np.ones((7, 24))
    if night_share is not None:
        kw[:, :5] = night_share
    kw[0, 3] = np.nan
    return Curve(DAY - timedelta(days=6), kw, expected)


def make_meter(serial: str = "A", **values: object) -> FlaggedMeter:
    meter = FlaggedMeter(serial, "day:level7-", 0.999, 24, False, True, 12.0)
    curve = {"episodes": [(DAY, DAY)], "curve": make_curve(0.4)}
    return replace(meter, **{**curve, **values})  # type: ignore[arg-type]


def write(*meters: FlaggedMeter, local_time: LocalTime = UTC, **values: object) -> str:
    found = FlaggedDay(DAY, list(meters), [], [])
    return write_page(replace(found, **values), FLEET, FEEDBACK, local_time)  # type: ignore[arg-type]


def read_text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>|\s+", " ", html.partition("<body>")[2]).split())


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (make_curve(0.4), "Uses less than expected, all week. That day it used 60% less than"),
        (make_curve(5.0), "That day it used 5 times more than expected."),
        (make_curve(0.5, 0.1), "58% less than expected, and 90% less at night."),
    ],
)
def test_meter_is_described_in_words(curve: Curve, words: str) -> None:
    assert words in read_text(write(make_meter(curve=curve)))


def test_meter_without_readings_is_compared_with_nothing() -> None:
    curve = replace(make_curve(1), kw=np.full((7, 24), np.nan))
    text = read_text(write(make_meter(curve=curve, missing_kwh=np.nan)))
    assert "Uses less than expected, all week." in text
    assert "That day it used" not in text
    assert "than expected that day" not in text


def test_night_is_that_of_the_time_zone() -> None:
    """Five hours at night in UTC are five hours of the afternoon in Tokyo."""
    meter = make_meter(curve=make_curve(1.0, 0.5))
    assert "50% less at night" in read_text(write(meter))
    assert "at night" not in read_text(write(meter, local_time=LocalTime("Asia/Tokyo")))


def test_episodes_of_close_days_are_one() -> None:
    days = [DAY - timedelta(days=n) for n in (0, 1, 4, 9, 30)]
    spans = [(30, 30), (9, 9), (4, 0)]
    assert group_episodes(days) == [
        (DAY - timedelta(days=first), DAY - timedelta(days=last)) for first, last in spans
    ]


def test_earlier_episodes_are_listed() -> None:
    earlier = (date(2024, 4, 1), date(2024, 4, 3)), (date(2024, 4, 9), date(2024, 4, 9))
    text = read_text(write(make_meter(episodes=[*earlier, (date(2024, 5, 12), DAY)])))
    assert "First flagged on 12 May 2024. Earlier: 1 Apr 2024 to 3 Apr 2024, 9 Apr 2024." in text


def test_day_without_flags_says_so() -> None:
    text = read_text(write())
    assert "0 behave unlike expected, 0 of them since today. 0 of the day before are" in text
    assert "No meter behaves unlike expected." in text
    assert "No reading breaks a rule." in text


def test_verdict_is_shown() -> None:
    html = write(make_meter("SEEN"), make_meter("OTHER"))
    assert "<i>" not in html
    text = read_text(html)
    said = "Verdict of 3 May 2024: theft (&lt;i&gt;a bypass&lt;/i&gt;). No alerts until 1 Jun 2024."
    assert text.count("Verdict of") == text.count(said) == 1


def test_serials_are_escaped() -> None:
    html = write(make_meter("<script>x"), rules=[BrokenRule("rule:stuck", ["<b>"], 3)])
    assert "<script>" not in html
    assert "&lt;script&gt;x" in html
    assert "&lt;b&gt;" in html


def make_many() -> list[FlaggedMeter]:
    """Make the flagged meters of a bad day of 10,000 meters."""
    rng = np.random.default_rng(1)
    curve = make_curve(1)
    curves = [replace(curve, kw=rng.gamma(2, 1, (7, 24))) for _ in range(MOST_CURVES)]
    rest = [make_meter(f"R{number}", episodes=[], curve=None) for number in range(2 * MOST_ROWS)]
    return [*(make_meter(f"M{n:08d}", curve=each) for n, each in enumerate(curves)), *rest]


def test_page_of_many_meters_is_small() -> None:
    html = write(*make_many())
    assert len(html.encode()) < 2_000_000
    assert f"{2 * MOST_ROWS + MOST_CURVES - MOST_ROWS} more are in the table" in html


@pytest.mark.parametrize("width", [360, 1200])
def test_page_fits_a_phone_and_a_desk(tmp_path: Path, width: int) -> None:
    file = tmp_path / "page.html"
    rules = [BrokenRule("rule:missing", [f"M{n:064d}" for n in range(99)], 500)]
    file.write_text(write(*make_many()[:3], rules=rules), "utf-8")
    errors: list[str] = []
    with open_page() as page:
        page.on("console", lambda message: errors.append(message.text))
        page.on("request", lambda request: errors.append(request.url[:80]))
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("article svg").count() == 3
        assert page.locator("article svg").first.bounding_box()["width"] > 0.8 * min(width, 700)  # type: ignore[index]
    assert [text for text in errors if not text.startswith(("file:", "data:image/png"))] == []
