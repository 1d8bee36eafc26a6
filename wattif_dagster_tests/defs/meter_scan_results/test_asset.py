"""The scan of anomaly_scores on the local cloud: three days of three meters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dagster import AssetCheckEvaluation, AssetCheckSeverity

from wattif_dagster import keys, schemas
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.instances import open_instance
from wattif_dagster_tests.support.runs import (
    FinishedRun,
    day,
    make_resources,
    make_settings,
    read_metadata,
    run_day,
)
from wattif_dagster_tests.support.warehouse import add_rows

KEY = keys.METER_SCAN_RESULTS
CLEAN, ANOMALOUS, YOUNG = 1, 2, 3
RULES = {
    "few_unusual_hours",
    "no_broken_rule",
    "hours_complete",
    "probability_known",
    "full_history_scored",
    "probability_in_range",
    "bounds_in_order",
    "one_row_per_meter_and_hour",
}


def make_score(number: int, meter: int, hour: int) -> dict[str, Any]:
    """Make an hour of a clean meter on the fleet's `number`-th day."""
    at = datetime.combine(day(number), datetime.min.time(), UTC) + timedelta(hours=hour)
    return {
        "serial": f"MAC0000000{meter}",
        "time_hour_rolled": at.isoformat(),
        "score": 0.5,
        "anomaly_probability": 0.4,
        "lower": 0.1,
        "upper": 0.9,
        "reason": "hour:avg+",
        "provisional": False,
    }


def make_table() -> list[dict[str, Any]]:
    days = {
        number: [make_score(number, meter, hour) for meter in (1, 2, 3) for hour in range(24)]
        for number in (CLEAN, ANOMALOUS, YOUNG)
    }
    for row in days[ANOMALOUS][:12]:  # 12 of 72 hours
        row["anomaly_probability"] = 0.995
    days[ANOMALOUS][30] |= {"anomaly_probability": 1, "reason": "rule:missing", "score": None}
    del days[ANOMALOUS][-1]
    days[ANOMALOUS].append(days[ANOMALOUS][-1])
    for row in days[YOUNG]:
        row |= {"anomaly_probability": None, "lower": None, "upper": None, "provisional": True}
        row |= {"reason": None, "score": None}
    days[YOUNG][0] |= {"provisional": False, "lower": 2.0, "upper": 1.0}
    del days[YOUNG][-1]
    days[YOUNG][1] |= {"anomaly_probability": 1.5}
    return [row for rows in days.values() for row in rows]


@dataclass(frozen=True)
class Scanned:
    """The runs of the days, by number of the day."""

    settings: Settings
    runs: dict[int, FinishedRun]

    def checks(self, number: int) -> dict[str, AssetCheckEvaluation]:
        return self.runs[number].evaluations(KEY)

    def metadata(self, number: int) -> dict[str, Any]:
        return self.runs[number].metadata(KEY)

    @property
    def bigquery(self) -> BigQueryWarehouse:
        return build_resources(self.settings)["wattif_bigquery"]


@pytest.fixture(scope="module")
def scanned(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanned]:
    home = tmp_path_factory.mktemp("meters") / "home"
    settings = make_settings(local_cloud, home, meters=3)
    scan = settings.scan.model_copy(update={"catalog_publishing": True})
    settings = settings.model_copy(update={"scan": scan})
    bigquery = make_resources(settings)["wattif_bigquery"]
    add_rows(bigquery, schemas.ANOMALY_SCORES, make_table())
    with open_instance(home / "instance") as instance:
        days = (CLEAN, ANOMALOUS, YOUNG)
        runs = {number: run_day(settings, instance, [KEY], day(number)) for number in days}
        yield Scanned(settings, runs)


def test_each_rule_is_a_check_that_warns(scanned: Scanned):
    failed = {
        number: {name for name, check in scanned.checks(number).items() if not check.passed}
        for number in scanned.runs
    }
    assert failed == {
        CLEAN: set(),
        ANOMALOUS: {"few_unusual_hours", "no_broken_rule", "one_row_per_meter_and_hour"},
        YOUNG: {
            "hours_complete",
            "probability_known",
            "full_history_scored",
            "probability_in_range",
            "bounds_in_order",
        },
    }
    for number, run in scanned.runs.items():
        assert run.success  # a finding about the meters is no failure of the run
        checks = scanned.checks(number)
        assert checks.keys() == RULES
        assert {check.severity for check in checks.values()} == {AssetCheckSeverity.WARN}
        assert {check.partition for check in checks.values()} == {str(day(number))}


def test_failed_rule_has_the_query_of_its_rows(scanned: Scanned):
    check = read_metadata(scanned.checks(ANOMALOUS)["few_unusual_hours"])
    assert (check["evaluated"], check["passed"]) == (72, 59)
    query = str(check["failing_rows_query"]).removeprefix("```sql\n").removesuffix("\n```")
    rows = scanned.bigquery.rows(query)
    assert len(rows) == 13
    assert {row["time_hour_rolled"].date() for row in rows} == {day(ANOMALOUS)}


def test_day_has_its_scores_by_dimension(scanned: Scanned):
    clean, anomalous = scanned.metadata(CLEAN), scanned.metadata(ANOMALOUS)
    assert (clean["score"], anomalous["score"]) == (100, 62.5)
    dimensions = {name: anomalous[name] for name in anomalous if name.startswith("score_")}
    assert dimensions == {
        "score_accuracy": 0,
        "score_volume": 100,
        "score_completeness": 100,
        "score_validity": 100,
        "score_uniqueness": 0,
    }
    assert clean["rows_scanned"] == 72


def test_scan_has_the_option_of_the_catalog(scanned: Scanned):
    scans = build_resources(scanned.settings)["wattif_dataplex"]
    name = scans.scan_name(str(scanned.settings.scan.meter_scan_id))
    scan = scans.client.get_data_scan(request={"name": name, "view": "FULL"})
    assert scan.data_quality_spec.catalog_publishing_enabled


def test_results_are_exported_to_a_table_of_their_own(scanned: Scanned):
    bigquery = scanned.bigquery
    exported = bigquery.rows(
        "SELECT rule_name, COUNT(*) AS n "
        f"FROM {bigquery.quoted(schemas.METER_SCAN_RESULTS)} GROUP BY 1"
    )
    assert {row["rule_name"].replace("-", "_"): row["n"] for row in exported} == dict.fromkeys(
        RULES, 3
    )
