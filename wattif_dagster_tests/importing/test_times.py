"""Timestamps as files write them become seconds, UTC, or have a reason."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.importing.rows import Reason
from wattif_dagster.importing.times import Moment, TimeParser, find_day_first

BERLIN = ZoneInfo("Europe/Berlin")
UTC_TIMES = TimeParser(ZoneInfo("UTC"))
NEW_YEAR = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01",
        "2024-01-01 00:00",
        "2024-01-01T00:00:00Z",
        " 2024-01-01 00:00:00.0000000 ",
        "2024-01-01T01:00:00+01:00",
        "2024-01-01T05:30:00+0530",
        "20240101",
        "2023-12-31 24:00",
        "2023-12-31T24:00:00",
        "01.01.2024 00:00",
        str(NEW_YEAR),
        f"{NEW_YEAR}000",
        b"2024-01-01 00:00:00",
    ],
)
def test_known_ways_to_write_a_time_are_parsed(text: str | bytes) -> None:
    assert UTC_TIMES.parse(text) == Moment(NEW_YEAR)


@pytest.mark.parametrize(
    "text",
    [
        *("", None, "2024-02-30 00:00", "2024-01-01 25:00", "24:00", "Null", "2024-01-01 24:30"),
        *("2024-01-01 00:00:00.5", "1899-12-31", "2500-01-01", "31.02.2024 10:00", b"\xff"),
        "9" * 13,
    ],
)
def test_what_is_no_time_is_rejected(text: str | bytes | None) -> None:
    assert UTC_TIMES.parse(text) is Reason.TIME


def test_given_format_is_the_only_one() -> None:
    times = TimeParser(ZoneInfo("UTC"), "%d/%m/%Y %H.%M")
    assert times.parse("01/01/2024 00.00") == Moment(NEW_YEAR)
    assert times.parse("2024-01-01") is Reason.TIME


@pytest.mark.parametrize(
    ("text", "hour"),
    [("1/13/2024 12:00 AM", 0), ("1/13/2024 12:30 pm", 12), ("1/13/2024 1:00PM", 13)],
)
def test_twelve_hour_clock_is_parsed(text: str, hour: int) -> None:
    moment = TimeParser(ZoneInfo("UTC"), day_first=False).parse(text)
    assert isinstance(moment, Moment)
    assert datetime.fromtimestamp(moment.seconds, UTC).hour == hour


def test_hour_that_the_clock_skips_is_rejected() -> None:
    assert TimeParser(BERLIN).parse("2024-03-31 02:30") is Reason.SKIPPED_HOUR


def test_hour_that_happens_twice_is_told() -> None:
    moment = TimeParser(BERLIN).parse("2024-10-27 02:30")
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert moment == Moment(int(first.timestamp()), again=3600)


@given(
    at=st.datetimes(datetime(1970, 1, 1), datetime(2037, 12, 31)).map(
        lambda at: at.replace(microsecond=0)
    ),
    zone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "UTC"]),
)
def test_local_time_comes_back(at: datetime, zone: str) -> None:
    """A parsed time is written the same in its zone; a skipped one is in no zone's clock."""
    moment = TimeParser(ZoneInfo(zone)).parse(at.isoformat(" "))
    if moment is Reason.SKIPPED_HOUR:
        assert at.replace(tzinfo=ZoneInfo(zone)).utcoffset() is not None
        back = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
        assert back.replace(tzinfo=None) != at
        return
    assert isinstance(moment, Moment)
    for seconds in {moment.seconds, moment.seconds + moment.again}:
        assert datetime.fromtimestamp(seconds, ZoneInfo(zone)).replace(tzinfo=None) == at


@given(
    text=st.text() | st.binary() | st.from_regex(r"\d{1,8}[-./T: ]\d{1,4}[-./T: ]\d{1,4}.{0,12}")
)
def test_any_text_is_a_time_or_has_a_reason(text: str | bytes) -> None:
    found = TimeParser(BERLIN, day_first=True).parse(text)
    assert found in (Reason.TIME, Reason.SKIPPED_HOUR) or isinstance(found, Moment)


def test_day_first_is_found_where_a_day_is_above_12() -> None:
    assert find_day_first(["01/02/2024", "31/01/2024"], "f") is True
    assert find_day_first([b"01/31/2024 10:00"], "f") is False
    assert find_day_first(["2024-01-01", "31.12.2024", None, datetime(2024, 1, 1)], "f") is None


def test_days_and_months_that_look_alike_are_refused() -> None:
    with pytest.raises(
        UserError, match=r"f do not tell .* Give their format, e\.g\. --time-format"
    ):
        find_day_first(["01/02/2024 10:00"], "f")


def test_end_of_day_belongs_to_the_next() -> None:
    assert timedelta(days=1).total_seconds() == (
        UTC_TIMES.parse("2024-01-01 24:00").seconds - NEW_YEAR  # type: ignore[union-attr]
    )
