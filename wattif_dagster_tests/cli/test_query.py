"""`wattif query`: what it prints of a day's tables, and of SQL that BigQuery refuses."""

import csv
import json
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.whole_day import make_whole_day

pytestmark = pytest.mark.own_sql

KINDS_OF_VALUES = (
    "SELECT TIMESTAMP '2024-01-01 17:00:00' AS at, 0.1 AS kw, TRUE AS flagged, "
    "CAST(NULL AS STRING) AS reason, [1, 2] AS hours, NUMERIC '1.5' AS cost, b'ab' AS raw"
)


@pytest.fixture
def wattif(wattif: Run, local_cloud_home: Path) -> Run:
    """Run the command on the local cloud that runs."""
    return partial(wattif, WATTIF_HOME=str(local_cloud_home))


@pytest.fixture
def whole_day(settings: Settings) -> None:
    resources = build_resources(settings)
    resources["wattif_gcs"].ensure_bucket()
    make_whole_day(resources, date(2024, 1, 1), str(settings.home / "spool"))


@pytest.mark.usefixtures("whole_day")
def test_query_finds_tables_by_their_name_alone(wattif: Run):
    done = wattif("query", "SELECT COUNT(*) AS hours FROM hourly_consumption")
    assert (done.returncode, done.stderr) == (0, "")
    assert next(line.split() for line in done.stdout.splitlines() if line.strip()) == ["hours"]
    assert "  120  " in done.stdout
    assert done.stdout.endswith("\n1 row.\n")


@pytest.mark.usefixtures("whole_day")
def test_query_shows_the_first_rows_and_counts_all(wattif: Run):
    done = wattif("query", "--rows", "2", "SELECT serial FROM hourly_consumption")
    assert done.stdout.count("MAC") == 2
    assert "The first 2 of 120 rows. --rows 20 shows more" in done.stdout


@pytest.mark.usefixtures("whole_day")
def test_query_writes_all_rows_whatever_is_shown(wattif: Run):
    sql = "SELECT serial, time_hour_rolled AS at FROM hourly_consumption ORDER BY serial, at"
    as_csv = wattif("query", "--rows", "2", "--csv", sql).stdout
    as_json = wattif("query", "--rows", "2", "--json", sql).stdout
    rows = list(csv.DictReader(as_csv.splitlines()))
    assert len(rows) == 120
    assert rows[0]["at"] == "2024-01-01T00:00:00Z"
    assert [json.loads(line) for line in as_json.splitlines()] == rows


def test_query_writes_values_as_bigquery_does(wattif: Run):
    shown = wattif("query", KINDS_OF_VALUES).stdout
    assert shown.splitlines()[3].split() == [
        *("2024-01-01", "17:00:00", "UTC", "0.1", "true", "NULL", "[1,2]"),
        *("1.500", '"YWI="'),
    ]
    written = json.loads(wattif("query", "--json", KINDS_OF_VALUES).stdout)
    assert written == {
        "at": "2024-01-01T17:00:00Z",
        "kw": 0.1,
        "flagged": True,
        "reason": None,
        "hours": [1, 2],
        "cost": "1.500",
        "raw": "YWI=",
    }
    names, values = csv.reader(wattif("query", "--csv", KINDS_OF_VALUES).stdout.splitlines())
    assert dict(zip(names, values, strict=True)) == {
        **{"at": "2024-01-01T17:00:00Z", "kw": "0.1", "flagged": "true", "reason": ""},
        **{"hours": "[1,2]", "cost": "1.500", "raw": "YWI="},
    }


def test_query_writes_wide_rows_below_each_other(wattif: Run):
    sql = f"SELECT '{'a' * 150}' AS first, '{'b' * 150}' AS second"
    lines = wattif("query", sql).stdout.splitlines()
    assert lines[0].startswith("row 1 ")
    assert [line.split()[0] for line in lines[1:]] == ["first", "second", "1"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELEC 1", "Syntax error: Unexpected identifier"),
        ("SELECT 1 FROM nowhere", "Not found: Dataset"),
        ("SELECT nothing FROM (SELECT 1 AS one)", '"nothing"'),
        (" ", "The SQL is empty."),
    ],
)
def test_query_that_cannot_run_is_one_sentence(wattif: Run, sql: str, reason: str):
    done = wattif("query", sql)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert "Job ID" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("whole_day")
def test_query_without_sql_describes_the_tables(wattif: Run, settings: Settings):
    done = wattif("query")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.strip() for line in done.stdout.splitlines()]
    place = lines.index("hourly_consumption  120 rows")
    assert lines[place + 1] == "Readings rolled up by meter and hour."
    assert lines[place + 2].split() == ["serial", "STRING", "Serial", "of", "the", "meter"]
    assert f"tables in {settings.project}.{settings.dataset}. Look into one with:" in done.stdout


def test_query_of_no_tables_says_what_makes_them(wattif: Run):
    done = wattif("query")
    assert done.returncode == 1
    assert "has no tables. `wattif demo` and `wattif backfill` make them." in done.stderr
