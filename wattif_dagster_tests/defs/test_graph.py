"""The whole graph on the local cloud, in this process: a week with a surge on its last day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter

import pytest
from dagster import AssetCheckEvaluation, AssetCheckSeverity, DagsterInstance
from dagster import ExecuteInProcessResult as Result
from wattif_dagster.warehouse.anomalies import anomaly_rows
from wattif_dagster.warehouse.reconcile import count_day

from wattif_dagster import keys
from wattif_dagster.definitions import ASSETS
from wattif_dagster.defs.meter_readings.checks import HOURS_COMPLETE, READINGS_CHECKS
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.runs import (
    day,
    evaluations,
    failures,
    materializations,
    partitions,
    make_resources,
    run_days,
    said,
    make_settings,
)

HISTORY = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]
LAST = 6
"""The first day with enough history: five days."""


@dataclass(frozen=True)
class Week:
    """The days before the last two up to the roll-up, then the last two with all assets."""

    resources: Resources
    instance: DagsterInstance
    history: Result
    whole: Result

    @property
    def checks(self) -> dict[str, AssetCheckEvaluation]:
        return evaluations(self.whole)


@pytest.fixture(scope="module")
def week(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    settings = make_settings(
        local_cloud,
        tmp_path_factory.mktemp("week") / "home",
        meters=3,
        incident="surge",
        incident_date=str(day(LAST)),
        incident_share=1.0,
    )
    resources = make_resources(settings)
    with DagsterInstance.ephemeral() as instance:
        yield Week(
            resources,
            instance,
            run_days(resources, instance, HISTORY, day(1), day(LAST - 2)),
            run_days(resources, instance, [a.key for a in ASSETS], day(LAST - 1), day(LAST)),
        )


def test_no_reading_is_lost_or_added_between_any_two_stations(week: Week):
    assert failures(week.history) == failures(week.whole) == {}
    for number in range(1, LAST + 1):
        counts = count_day(
            week.resources["wattif_gcs"], week.resources["wattif_bigquery"], day(number)
        )
        assert counts.rendered == (3 + number - 1) * 48
        assert counts.agree


@pytest.mark.parametrize(
    ("key", "table", "rows", "others"),
    [
        (keys.METER_REGISTRY, "meter_registry", 8, {"dagster/uri", "serials_ever_issued"}),
        (keys.RAW_READINGS, None, 8 * 48, {"dagster/uri", "objects", "megabytes", "fingerprint"}),
        (keys.METER_READINGS, "meter_readings", 8 * 48, {"table_type"}),
        (keys.HOURLY_CONSUMPTION, "hourly_consumption", 8 * 24, {"kwh"}),
        (keys.INJECTED_ANOMALIES, "injected_anomalies", 0, {"meters_by_kind"}),
        (keys.CONSUMPTION_BASELINE, "consumption_baseline", 0, {"meters", "detector", "keeps"}),
        (
            keys.ANOMALY_SCORES,
            "anomaly_scores",
            8 * 24,
            {"flagged_meters", "unscored_hours", "most_anomalous", "picture"},
        ),
        (keys.FLEET_ANOMALIES, "fleet_anomalies", 48, {"anomalies", "without_history"}),
        (
            keys.ANOMALY_SCAN_RESULTS,
            "anomaly_scan_results",
            7,
            {"score", "score_accuracy", "picture"},
        ),
    ],
    ids=lambda value: value.path[-1] if hasattr(value, "path") else "",
)
def test_each_day_says_what_was_made_of_it(week: Week, key, table, rows, others):
    recorded = materializations(week.instance, week.whole, key)
    assert [partition for partition, _ in recorded] == [str(day(LAST - 1)), str(day(LAST))]
    before, last = (metadata for _, metadata in recorded)
    assert before != last or not rows
    assert last["dagster/partition_row_count"] == rows
    assert others <= last.keys()
    if table:
        bigquery = week.resources["wattif_bigquery"]
        assert last["dagster/table_name"] == f"{bigquery.cloud.project}.{bigquery.dataset}.{table}"


def test_a_days_prefix_and_picture_are_its_own(week: Week):
    raw = dict(materializations(week.instance, week.whole, keys.RAW_READINGS))
    assert raw[str(day(LAST))]["dagster/uri"].endswith(f"/dt={day(LAST)}/")
    assert raw[str(day(LAST))]["incident"]["kind"] == "surge"
    assert "incident" not in raw[str(day(LAST - 1))]
    scanned = dict(materializations(week.instance, week.whole, keys.ANOMALY_SCAN_RESULTS))
    assert scanned[str(day(LAST))]["picture"].startswith("![AVG and MAX of the day](data:image/png")


def test_every_check_gives_one_result_for_all_days_of_the_run(week: Week):
    rules = week.whole.get_asset_check_evaluations()
    of_scan = {e.check_name for e in rules if e.asset_key == keys.ANOMALY_SCAN_RESULTS}
    assert len(of_scan) == 7
    assert week.checks.keys() == {*READINGS_CHECKS, HOURS_COMPLETE, *of_scan}
    for check in week.checks.values():
        counts = said(check)["counts_by_day"]
        assert list(counts) == [str(day(LAST - 1)), str(day(LAST))]
    counted = said(week.checks["rows_match_manifest"])["counts_by_day"][str(day(LAST))]
    assert counted["row_count"] == counted["manifest_rows"] == 8 * 48


def test_too_little_history_is_said(week: Week):
    days = dict(materializations(week.instance, week.whole, keys.FLEET_ANOMALIES))
    assert days[str(day(LAST - 1))]["without_history"] == 48
    assert days[str(day(LAST))]["without_history"] == 0


def test_the_scan_warns_of_the_incident_and_names_the_query_for_its_rows(week: Week):
    check = week.checks["few_unusual_hours"]
    assert not check.passed
    assert check.severity == AssetCheckSeverity.WARN
    assert said(check)["failed_days"] == [str(day(LAST))]
    assert week.whole.success  # a finding about the fleet is no fault of the run
    markdown = str(said(check)[f"failing_rows_query_{day(LAST)}"])
    bigquery = week.resources["wattif_bigquery"]
    named = bigquery.rows(markdown.removeprefix("```sql\n").removesuffix("\n```"))
    flagged = [row for row in anomaly_rows(bigquery, day(LAST)) if row["is_anomaly"]]
    by_time = itemgetter("metric", "time")
    assert sorted(map(by_time, named)) == list(map(by_time, flagged))
    incident = {datetime(2024, 1, LAST, hour, tzinfo=UTC) for hour in (12, 13, 14)}
    assert incident <= {row["time"] for row in flagged if row["metric"] == "AVG"}


def test_the_days_results_are_exported(week: Week):
    bigquery = week.resources["wattif_bigquery"]
    exported = bigquery.rows(
        f"SELECT rule_name, COUNT(*) AS n "
        f"FROM `{bigquery.cloud.project}.{bigquery.dataset}.anomaly_scan_results` GROUP BY 1"
    )
    assert len(exported) == 7
    assert {row["n"] for row in exported} == {2}  # one row for each day


def test_a_day_without_hours_is_not_judged(week: Week):
    missing = day(LAST + 1)
    result = run_days(week.resources, week.instance, [keys.FLEET_ANOMALIES], missing, missing)
    failure = failures(result)["wattif__fleet_anomalies"]
    assert f"{missing} has no hourly consumption; materialize hourly_consumption first" in failure
    assert partitions(week.instance, result, keys.FLEET_ANOMALIES) == []


def test_a_day_may_be_made_again_alone(week: Week):
    again = run_days(week.resources, week.instance, [keys.RAW_READINGS], day(1), day(1))
    ((partition, metadata),) = materializations(week.instance, again, keys.RAW_READINGS)
    assert partition == str(day(1))
    assert metadata["objects_kept"] == metadata["objects"]


def test_a_range_that_fails_midway_keeps_its_days_and_a_resume_does_the_rest(week: Week):
    """Day 3's manifest is damaged."""
    key, gcs = keys.METER_READINGS, week.resources["wattif_gcs"]
    name = f"manifests/dt={day(3)}.json"
    sound = gcs.read(name)
    assert sound
    gcs.write(name, b"{")
    with DagsterInstance.ephemeral() as instance:
        failed = run_days(week.resources, instance, [key], day(1), day(4))
        assert "is damaged" in failures(failed)["wattif__meter_readings"]
        assert failed.success is False
        assert evaluations(failed) == {}
        made = [str(day(1)), str(day(2)), str(day(4))]  # the last was under way beside day 3
        assert partitions(instance, failed, key) == made
        assert instance.get_materialized_partitions(key) == set(made)
        gcs.write(name, sound[0])
        resumed = run_days(week.resources, instance, [key], day(3), day(3))
        assert resumed.success
        assert partitions(instance, resumed, key) == [str(day(3))]
