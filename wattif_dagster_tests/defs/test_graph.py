"""The whole graph on the local cloud, in this process: days with a surge on the last of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    DagsterInstance,
)

from wattif_dagster import keys
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.ingest.layout import manifest_name
from wattif_dagster.reconcile.day import reconcile_days
from wattif_dagster.resources.build import Resources, build_resources
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

UP_TO_HOURS = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]
LAST = 6
"""The first day with enough history, which is five days."""
READINGS_CHECKS = {
    "rows_match_manifest",
    "serials_match_registry",
    "no_duplicates",
    "timestamps_on_interval",
    "readings_in_range",
}
RULES = 7


@dataclass(frozen=True)
class Days:
    """The days up to LAST: the last two with all assets, the days before them up to the roll-up."""

    settings: Settings
    instance: DagsterInstance
    runs: dict[int, FinishedRun]

    @property
    def resources(self) -> Resources:
        return build_resources(self.settings)

    def metadata(self, number: int, key: AssetKey) -> dict[str, Any]:
        """The metadata of the asset in the run of that day."""
        return self.runs[number].metadata(key)

    def checks(self, number: int, key: AssetKey) -> dict[str, AssetCheckEvaluation]:
        """The results of the asset's checks in the run of that day."""
        return self.runs[number].evaluations(key)


@pytest.fixture(scope="module")
def days(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    settings = make_settings(
        local_cloud,
        tmp_path_factory.mktemp("days") / "home",
        meters=3,
        incident="surge",
        incident_date=str(day(LAST)),
        incident_share=1.0,
    )
    make_resources(settings)
    every = list(read_graph(build_defs(settings)).parents)
    with open_instance(settings.home / "instance") as instance:
        runs = {
            number: run_day(
                settings, instance, every if number >= LAST - 1 else UP_TO_HOURS, day(number)
            )
            for number in range(1, LAST + 1)
        }
        yield Days(settings, instance, runs)


def test_days_agree_in_all_places(days: Days):
    for number, run in days.runs.items():
        assert run.failures() == {}
        assert run.success
        gcs, bigquery = days.resources["wattif_gcs"], days.resources["wattif_bigquery"]
        (found,) = reconcile_days(gcs, bigquery, [day(number)])
        readings = (3 + number - 1) * 48
        assert found.differences == () or number < LAST - 1  # without injected_anomalies
        assert (found.uploaded, found.loaded, found.rolled_up) == (readings,) * 3


@pytest.mark.parametrize(
    ("key", "rows", "others"),
    [
        (keys.METER_REGISTRY, 8, {"dagster/uri", "serials_ever_issued"}),
        (keys.RAW_READINGS, 8 * 48, {"dagster/uri", "objects", "megabytes", "fingerprint"}),
        (keys.METER_READINGS, 8 * 48, {"table_type"}),
        (keys.HOURLY_CONSUMPTION, 8 * 24, {"kwh"}),
        (keys.INJECTED_ANOMALIES, 0, {"meters_by_kind"}),
        (keys.CONSUMPTION_BASELINE, 0, {"meters", "detector", "keeps"}),
        (
            keys.ANOMALY_SCORES,
            8 * 24,
            {"flagged_meters", "unscored_hours", "most_anomalous", "plot"},
        ),
        (keys.FLEET_ANOMALIES, 48, {"anomalies", "without_history", "history_days"}),
        (keys.ANOMALY_SCAN_RESULTS, RULES, {"score", "score_accuracy", "exported_rows"}),
        (keys.METER_SCAN_RESULTS, 8, {"score", "rows_scanned", "job"}),
        (keys.ANOMALY_ALERTS, 0, {"open", "closed", "opened", "new_alerts"}),
        (keys.DAILY_REPORT, None, {"page", "meters", "new_meters", "broken_rules"}),
        (keys.DETECTOR_EVALUATION, 1, {"touched_hours", "recall_by_kind"}),
    ],
    ids=lambda value: value.path[-1] if isinstance(value, AssetKey) else "",
)
def test_materialization_describes_its_day(
    days: Days, key: AssetKey, rows: int | None, others: set[str]
):
    for number in (LAST - 1, LAST):
        assert days.runs[number].partitions(key) == [str(day(number))]
    last = days.metadata(LAST, key)
    assert last.get("dagster/partition_row_count") == rows
    assert others <= last.keys()
    assert days.metadata(LAST - 1, key) != last or not rows or key == keys.DETECTOR_EVALUATION


def test_folder_incident_and_plot_are_those_of_the_day(days: Days):
    raw = days.metadata(LAST, keys.RAW_READINGS)
    assert raw["dagster/uri"].endswith(f"/dt={day(LAST)}/")
    assert raw["incident"]["kind"] == "surge"
    assert "incident" not in days.metadata(LAST - 1, keys.RAW_READINGS)
    plot = days.metadata(LAST, keys.FLEET_ANOMALIES)["plot"]
    assert plot.startswith("![AVG and MAX of the day](data:image/png")


def test_definition_metadata_names_the_table(days: Days):
    graph = build_defs(days.settings).resolve_asset_graph()
    bigquery = days.resources["wattif_bigquery"]
    for key in read_graph(build_defs(days.settings)).parents:
        name = graph.get(key).metadata.get("dagster/table_name")
        expected = f"{bigquery.cloud.project}.{bigquery.dataset}.{key.path[-1]}"
        assert name == (None if key in (keys.RAW_READINGS, keys.DAILY_REPORT) else expected)


def test_each_check_has_a_result_with_the_days_partition(days: Days):
    graph = read_graph(build_defs(days.settings))
    for number in (LAST - 1, LAST):
        for key, checks in graph.checks.items():
            found = days.checks(number, key)
            assert found.keys() == {check.name for check in checks}
            assert {check.partition for check in found.values()} <= {str(day(number))}
    assert days.checks(LAST, keys.METER_READINGS).keys() == READINGS_CHECKS
    assert days.checks(LAST, keys.HOURLY_CONSUMPTION).keys() == {"hours_complete"}
    counted = read_metadata(days.checks(LAST, keys.METER_READINGS)["rows_match_manifest"])
    assert counted["readings"] == counted["manifest_rows"] == 8 * 48


def test_run_evaluates_no_check_of_another_step(days: Days):
    """`no_gaps` has a step and a job of its own."""
    graph = read_graph(build_defs(days.settings))
    names = {check.name for key in UP_TO_HOURS for check in graph.checks[key]}
    assert days.runs[1].evaluations().keys() == names == {*READINGS_CHECKS, "hours_complete"}


def test_dagster_stores_a_status_of_each_partition(days: Days):
    """The UI shows the checks of a partition from this table."""
    storage = days.instance.event_log_storage

    def read_statuses(key: AssetKey, check: str) -> dict[str | None, str]:
        found = storage.get_asset_check_partition_info([AssetCheckKey(key, check)])
        assert all(info.is_current for info in found)
        return {info.partition_key: info.latest_execution_status.value for info in found}

    made = [str(day(number)) for number in range(1, LAST + 1)]
    assert read_statuses(keys.METER_READINGS, "no_duplicates") == dict.fromkeys(made, "SUCCEEDED")
    assert read_statuses(keys.ANOMALY_SCAN_RESULTS, "few_unusual_hours") == {
        str(day(LAST - 1)): "SUCCEEDED",
        str(day(LAST)): "FAILED",
    }


def test_too_little_history_is_counted(days: Days):
    assert days.metadata(LAST - 1, keys.FLEET_ANOMALIES)["without_history"] == 48
    assert days.metadata(LAST, keys.FLEET_ANOMALIES)["without_history"] == 0
    for number in (LAST - 1, LAST):
        assert days.metadata(number, keys.FLEET_ANOMALIES)["history_days"] == number - 1


def test_scan_warns_of_the_incident_with_the_query_of_its_rows(days: Days):
    check = days.checks(LAST, keys.ANOMALY_SCAN_RESULTS)["few_unusual_hours"]
    assert not check.passed
    assert check.severity == AssetCheckSeverity.WARN
    assert days.checks(LAST - 1, keys.ANOMALY_SCAN_RESULTS)["few_unusual_hours"].passed
    assert days.runs[LAST].success  # a finding about the fleet is no failure of the run
    markdown = str(read_metadata(check)["failing_rows_query"])
    bigquery = days.resources["wattif_bigquery"]
    named = bigquery.rows(markdown.removeprefix("```sql\n").removesuffix("\n```"))
    flagged = [row for row in read_anomalies(bigquery, day(LAST)) if row["is_anomaly"]]
    by_time = itemgetter("metric", "time")
    assert sorted(map(by_time, named)) == list(map(by_time, flagged))
    incident = {datetime(2024, 1, LAST, hour, tzinfo=UTC) for hour in (12, 13, 14)}
    assert incident <= {row["time"] for row in flagged if row["metric"] == "AVG"}


def test_scan_results_are_exported_for_each_day(days: Days):
    bigquery = days.resources["wattif_bigquery"]
    exported = bigquery.rows(
        f"SELECT rule_name, COUNT(*) AS n "
        f"FROM `{bigquery.cloud.project}.{bigquery.dataset}.anomaly_scan_results` GROUP BY 1"
    )
    assert len(exported) == RULES
    assert {row["n"] for row in exported} == {2}


def test_day_without_hours_is_not_scored(days: Days):
    run = run_day(days.settings, days.instance, [keys.FLEET_ANOMALIES], day(LAST + 1))
    message = run.failures()["wattif__fleet_anomalies"]
    assert f"{day(LAST + 1)} has no hourly consumption. Materialize hourly_consumption" in message
    assert run.partitions(keys.FLEET_ANOMALIES) == []


def test_one_asset_of_a_day_is_made_again_alone(days: Days):
    run = run_day(days.settings, days.instance, [keys.RAW_READINGS], day(1))
    assert run.partitions(keys.RAW_READINGS) == [str(day(1))]
    assert run.run.asset_selection == {keys.RAW_READINGS}
    metadata = run.metadata(keys.RAW_READINGS)
    assert metadata["objects_kept"] == metadata["objects"]


def test_damaged_manifest_fails_its_day_until_it_is_valid_again(days: Days):
    gcs = days.resources["wattif_gcs"]
    valid = gcs.read(manifest_name(day(3)))
    assert valid
    gcs.write(manifest_name(day(3)), b"{")
    failed = run_day(days.settings, days.instance, [keys.METER_READINGS], day(3))
    assert "is damaged" in failed.failures()["wattif__meter_readings"]
    assert not failed.success
    assert failed.evaluations() == {}
    assert failed.partitions(keys.METER_READINGS) == []
    gcs.write(manifest_name(day(3)), valid[0])
    assert run_day(days.settings, days.instance, [keys.METER_READINGS], day(3)).success
