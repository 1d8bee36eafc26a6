"""The reads that a plan counts are those of the statements."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import wattif_dagster
from wattif_dagster import schemas
from wattif_dagster.defs.daily_report.curves import days_sql
from wattif_dagster.defs.fleet_anomalies.query import fleet_anomalies_sql
from wattif_dagster.detection.layered import temporary
from wattif_dagster.detection.layered.queries import (
    baseline_steps,
    deviations_steps,
    meter_days_step,
    scores_steps,
)
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.planning.reads import BASELINE, DEVIATIONS, READS, SCORES, Read
from wattif_dagster.sql import render_sql
from wattif_dagster_tests.support.scans import find_scans

TABLES = (
    schemas.METER_READINGS,
    schemas.HOURLY_CONSUMPTION,
    schemas.FLEET_HOURS,
    schemas.METER_DAYS,
    schemas.CONSUMPTION_BASELINE,
    schemas.CONSUMPTION_DEVIATIONS,
    schemas.METER_REGISTRY,
    temporary.BASELINE_FIT,
    temporary.DAY_DEVIATIONS,
    temporary.SCALED_DEVIATIONS,
    temporary.SCORE_TAILS,
    schemas.SCORE_COUNTS,
)
SMALL = ("score_tails", "score_counts")
"""They have some thousand rows, whatever the number of meters."""
ARGUMENTS = Tables(registry=True), date(2024, 3, 1), 360


def count_scans(steps: Iterable[Step]) -> Counter[tuple[str, frozenset[str]]]:
    scans = (scan for step in steps for scan in find_scans(step.select, TABLES))
    return Counter(scan for scan in scans if scan[0] not in SMALL)


def count_reads(reads: Iterable[Read]) -> Counter[tuple[str, frozenset[str]]]:
    return Counter((read.table.name, frozenset(read.columns)) for read in reads)


def list_reads(asset: str) -> list[Read]:
    return [read for read in READS if read.asset == asset]


def test_reads_of_hourly_consumption_are_those_of_its_queries() -> None:
    statements = [
        render_sql(
            Path(wattif_dagster.__file__).parent / file,
            meter_readings="meter_readings",
            readings_filter="timestamp >= '2024-03-01'",
            hourly_consumption="hourly_consumption",
            hours_filter="time_hour_rolled >= '2024-03-01'",
            interval_seconds=10,
            readings_per_hour=360,
        )
        for file in (
            "defs/hourly_consumption/hourly_consumption.sql",
            "defs/hourly_consumption/fleet_hours.sql",
            "reconcile/hours.sql",
        )
    ]
    scans = Counter(scan for sql in statements for scan in find_scans(sql, TABLES))
    assert scans == count_reads(list_reads("hourly_consumption"))


def test_reads_of_fleet_anomalies_are_those_of_its_query() -> None:
    sql = fleet_anomalies_sql("project", "d", date(2024, 3, 1)).replace(
        "`project.d.fleet_hours`", "fleet_hours"
    )
    assert Counter(find_scans(sql, TABLES)) == count_reads(list_reads("fleet_anomalies"))


def test_reads_of_report_are_those_of_its_query() -> None:
    """And the count of its meters, from three columns of the scores."""
    day = date(2024, 3, 1)
    sql = days_sql("meter_days", "consumption_deviations", day, day)
    assert Counter(find_scans(sql, TABLES)) == count_reads(list_reads("daily_report")[1:])


def test_reads_of_meter_days_are_those_of_its_statement() -> None:
    assert count_scans([meter_days_step(*ARGUMENTS)]) == count_reads(list_reads("meter_days"))


def test_reads_of_baseline_are_those_of_its_statements() -> None:
    assert count_scans(baseline_steps(*ARGUMENTS)) == count_reads(BASELINE)


def test_reads_of_deviations_are_those_of_their_statements() -> None:
    assert count_scans(deviations_steps(*ARGUMENTS)[:-1]) == count_reads(DEVIATIONS)


def test_reads_of_scores_are_those_of_their_statements() -> None:
    steps = scores_steps(*ARGUMENTS)[len(deviations_steps(*ARGUMENTS)) - 1 :]
    assert count_scans(steps) == count_reads(SCORES)


def test_a_table_named_twice_is_scanned_twice() -> None:
    sql = "WITH a AS (SELECT * FROM meter_days) SELECT a.day, b.serial FROM a CROSS JOIN a AS b"
    table = frozenset({"day", "serial"})
    assert find_scans(sql, TABLES) == [("meter_days", table)] * 2
