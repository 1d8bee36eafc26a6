"""NEM12 is read channel by channel and day by day."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattif_dagster_tests.importing.reading import read_bad, read_or_refuse, read_rows

HEADER = "100,NEM12,202401020000,MDP,RETAILER\n"
CHANNEL = "200,NMI1234567,E1B1,1,E1,N1,METER1,{unit},{minutes},20240601\n"


def channel(unit: str = "KWH", minutes: int = 30, suffix: str = "E1") -> str:
    return f"200,NMI1234567,E1B1,1,{suffix},N1,METER1,{unit},{minutes},20240601\n"


def day(values: list[str], date: str = "20240101", quality: str = "A") -> str:
    return f"300,{date},{','.join(values)},{quality},,,20240102000000,\n"


HOURS = [f"{n}.5" for n in range(24)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "meters.nem12"


def test_intervals_of_a_day_are_read(path: Path) -> None:
    path.write_text(HEADER + channel(minutes=60) + day(HOURS) + "900\n")
    rows = read_rows(path)
    assert len(rows) == 24
    assert rows[1] == ("NMI1234567-E1", datetime(2024, 1, 1, 1), "1.5", 3)


def test_watt_hours_become_kilowatt_hours(path: Path) -> None:
    path.write_text(HEADER + channel("Wh", 60) + day(["500"] * 24))
    assert float(str(read_rows(path)[0][2])) == 0.5


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (channel("KVARH", 60) + day(HOURS), "channel"),
        (channel("KWH", 60, "B1") + day(HOURS), "channel"),
        (channel("KWH", 60) + day(HOURS, quality="N"), "no_value"),
        (channel("KWH", 60) + day(HOURS, date="20240230"), "time"),
        (channel("KWH", 60) + day(HOURS[:20]), "columns"),
        (channel("KWH", 7) + day(HOURS), "columns"),
        (day(HOURS), "columns"),
        ("250,NMI\n", "columns"),
    ],
)
def test_line_without_consumption_is_rejected(path: Path, lines: str, reason: str) -> None:
    path.write_text(HEADER + lines)
    assert read_rows(path) == []
    assert read_bad(path)[-1][1] == reason


def test_qualities_of_intervals_are_passed_over(path: Path) -> None:
    path.write_text(HEADER + channel("KWH", 60) + day(HOURS, quality="V") + "400,1,24,A,,\n")
    assert (len(read_rows(path)), read_bad(path)) == (24, [])


@given(
    lines=st.lists(
        st.builds(
            lambda kind, fields: ",".join([kind, *fields]),
            st.sampled_from(["100", "200", "300", "400", "500", "900", "x"]),
            st.lists(st.sampled_from(["E1", "KWH", "30", "20240101", "A", "1.5", "", "é", '"'])),
        )
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_records_give_batches(path: Path, lines: list[str]) -> None:
    read_or_refuse(path, (HEADER + "\n".join(lines)).encode(), "nem12")


@given(data=st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_garbage_gives_batches(path: Path, data: bytes) -> None:
    read_or_refuse(path, HEADER.encode() + data, "nem12")
