"""The scan of anomaly_scores on the local cloud: two days of three meters, the second anomalous."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterInstance,
    ExecuteInProcessResult,
    materialize,
)

from wattif_dagster import keys, schemas
from wattif_dagster.resources.build import Resources
from wattif_dagster.scans.asset import meter_scan_results
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.runs import (
    RANGE_END,
    RANGE_START,
    day,
    evaluations,
    materializations,
    make_resources,
    said,
    make_settings,
)

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


def scores(number: int, meter: int, hour: int) -> dict[str, Any]:
    """A row of a clean meter of the fleet's `number`-th day."""
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


def table() -> list[dict[str, Any]]:
    days = {
        number: [scores(number, meter, hour) for meter in (1, 2, 3) for hour in range(24)]
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
    resources: Resources
    instance: DagsterInstance
    result: ExecuteInProcessResult

    @property
    def checks(self) -> dict[str, AssetCheckEvaluation]:
        return evaluations(self.result, keys.ANOMALY_SCAN_RESULTS)


@pytest.fixture(scope="module")
def scanned(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanned]:
    home = tmp_path_factory.mktemp("meters") / "home"
    resources = make_resources(make_settings(local_cloud, home, meters=3))
    bigquery = resources["wattif_bigquery"]
    bigquery.ensure_table(schemas.ANOMALY_SCORES)
    name = bigquery.table_name(schemas.ANOMALY_SCORES)
    bigquery.client.load_table_from_json(table(), name).result()
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            [meter_scan_results],
            resources=resources,
            instance=instance,
            tags={RANGE_START: str(day(CLEAN)), RANGE_END: str(day(YOUNG))},
        )
        yield Scanned(resources, instance, result)


def test_each_rule_is_a_check_that_warns_of_its_days(scanned: Scanned):
    assert scanned.result.success  # a finding about the meters is no fault of the run
    failed = {name: said(check)["failed_days"] for name, check in scanned.checks.items()}
    anomalous, young = str(day(ANOMALOUS)), str(day(YOUNG))
    assert failed == {rule: [] for rule in RULES} | {
        "few_unusual_hours": [anomalous],
        "no_broken_rule": [anomalous],
        "one_row_per_meter_and_hour": [anomalous],
        "hours_complete": [young],
        "probability_known": [young],
        "full_history_scored": [young],
        "probability_in_range": [young],
        "bounds_in_order": [young],
    }
    for check in scanned.checks.values():
        assert check.asset_key == keys.METER_SCAN_RESULTS
        assert check.severity == AssetCheckSeverity.WARN
        assert list(said(check)["counts_by_day"]) == [str(day(n)) for n in (1, 2, 3)]


def test_a_failed_rule_names_the_query_of_its_rows(scanned: Scanned):
    check = said(scanned.checks["few_unusual_hours"])
    markdown = str(check[f"failing_rows_query_{day(ANOMALOUS)}"])
    query = markdown.removeprefix("```sql\n").removesuffix("\n```")
    rows = scanned.resources["wattif_bigquery"].rows(query)
    assert len(rows) == 13
    assert {row["time_hour_rolled"].date() for row in rows} == {day(ANOMALOUS)}


def test_a_day_says_its_scores_by_dimension(scanned: Scanned):
    recorded = dict(materializations(scanned.instance, scanned.result, keys.METER_SCAN_RESULTS))
    clean, anomalous = recorded[str(day(CLEAN))], recorded[str(day(ANOMALOUS))]
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
    assert clean["dagster/table_name"].endswith(".meter_scan_results")


def test_the_days_results_are_exported_to_a_table_of_their_own(scanned: Scanned):
    bigquery = scanned.resources["wattif_bigquery"]
    exported = bigquery.rows(
        "SELECT rule_name, COUNT(*) AS n "
        f"FROM {bigquery.quoted(schemas.METER_SCAN_RESULTS)} GROUP BY 1"
    )
    assert {row["rule_name"].replace("-", "_"): row["n"] for row in exported} == dict.fromkeys(
        RULES, 3
    )
