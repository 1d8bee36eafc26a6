"""The scans that Dataplex runs by a schedule. The local one does not, so they are asked for."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from google.cloud import dataplex_v1

from wattif_dagster.defs.anomaly_scan_results import asset as fleet
from wattif_dagster.defs.meter_scan_results import asset as meters
from wattif_dagster.errors import UserError
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.dataplex.results import ScanResult
from wattif_dagster.resources.dataplex.rules import load_spec
from wattif_dagster.scans.daily_scan import TableScan, define_scheduled, scan_day
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.warehouse import add_rows

CRON = "0 7 * * *"
SCANS = pytest.mark.parametrize(
    ("scan", "rules"),
    [(fleet.SCAN, fleet.RULES), (meters.SCAN, meters.RULES)],
    ids=["fleet", "meters"],
)


@pytest.fixture
def resources(settings: Settings) -> Resources:
    return build_resources(settings)


def define(resources: Resources, scan: TableScan, rules: Any) -> dataplex_v1.DataScan:
    options, bigquery = resources["wattif_scan_options"], resources["wattif_bigquery"]
    return define_scheduled(bigquery, options, scan, load_spec(rules), CRON)


def run_now(resources: Resources, scan: dataplex_v1.DataScan) -> ScanResult:
    """Run the scan once, as its schedule would."""
    scans = resources["wattif_dataplex"]
    scan = dataplex_v1.DataScan(scan)
    scan.execution_spec.trigger = dataplex_v1.Trigger(on_demand={})
    scan_id = f"{resources['wattif_scan_options'].scan_id}-scheduled"
    scans.ensure(scan_id, scan)
    return scans.wait(scans.run(scan_id), threading.Event())


def make_fleet_day(day: date) -> list[dict[str, Any]]:
    return [
        {"column_name": "consumption_hour_rolled", "metric": metric, "time": at, "value": 0.45}
        | {"anomaly_prob": 0.5, "n_history": 20}
        for at in list_hours(day)
        for metric in ("AVG", "MAX")
    ]


def make_meters_day(day: date) -> list[dict[str, Any]]:
    return [
        {"serial": serial, "time_hour_rolled": at, "anomaly_probability": 0.4, "provisional": False}
        for at in list_hours(day)
        for serial in ("MAC00000001", "MAC00000002")
    ]


def list_hours(day: date) -> list[str]:
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [(first + timedelta(hours=hour)).isoformat() for hour in range(24)]


@SCANS
def test_scheduled_scan_passes_over_a_table_of_many_days(
    resources: Resources, scan: TableScan, rules: Any
) -> None:
    """Days with faults, before and after yesterday, break no rule."""
    make_day = make_fleet_day if scan is fleet.SCAN else make_meters_day
    today = datetime.now(UTC).date()
    yesterday, before = (today - timedelta(days=n) for n in (1, 2))
    rows = [*make_day(before)[:-1], *make_day(yesterday), *make_day(today)[:1]]
    add_rows(resources["wattif_bigquery"], scan.table, rows)
    result = run_now(resources, define(resources, scan, rules))
    assert [rule.name for rule in result.rules if not rule.passed] == []
    assert result.row_count == 48


@SCANS
def test_scheduled_scan_misses_an_hour_of_yesterday(
    resources: Resources, scan: TableScan, rules: Any
) -> None:
    make_day = make_fleet_day if scan is fleet.SCAN else make_meters_day
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    add_rows(resources["wattif_bigquery"], scan.table, make_day(yesterday)[:-1])
    result = run_now(resources, define(resources, scan, rules))
    failed = [rule.dimension for rule in result.rules if not rule.passed]
    assert failed == ["VOLUME"]


@SCANS
def test_scheduled_results_have_a_table_of_their_own(
    resources: Resources, scan: TableScan, rules: Any
) -> None:
    bigquery = resources["wattif_bigquery"]
    bigquery.ensure_table(scan.table)
    run_now(resources, define(resources, scan, rules))
    assert bigquery.has_table(scan.scheduled.results)
    assert not bigquery.has_table(scan.results)


@SCANS
def test_scheduled_scan_has_its_cron_and_its_name(
    resources: Resources, scan: TableScan, rules: Any
) -> None:
    made = define(resources, scan, rules)
    assert made.execution_spec.trigger.schedule.cron == CRON
    assert made.display_name == f"{scan.display_name}, scheduled"


@SCANS
def test_day_sets_up_the_scheduled_scan(resources: Resources, scan: TableScan, rules: Any) -> None:
    bigquery, scans = resources["wattif_bigquery"], resources["wattif_dataplex"]
    bigquery.ensure_table(scan.table)
    options = resources["wattif_scan_options"].model_copy(update={"schedule": CRON})
    with pytest.raises(UserError, match=r"refused the request: .*trigger\.schedule"):
        scan_day(
            scans, bigquery, options, scan, load_spec(rules), date(2024, 1, 1), threading.Event()
        )
