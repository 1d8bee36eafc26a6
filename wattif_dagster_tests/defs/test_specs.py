"""The graph: assets, dependencies, columns, policies and checks."""

from dagster import AssetKey

from wattif_dagster import keys
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.definitions import build_defs
from wattif_dagster.settings import Settings
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster_tests.defs import specs

DEPENDENCIES = {
    keys.METER_REGISTRY: set(),
    keys.RAW_READINGS: {keys.METER_REGISTRY},
    keys.METER_READINGS: {keys.RAW_READINGS},
    keys.INJECTED_ANOMALIES: {keys.RAW_READINGS},
    keys.HOURLY_CONSUMPTION: {keys.METER_READINGS},
    keys.METER_DAYS: {keys.HOURLY_CONSUMPTION},
    keys.CONSUMPTION_BASELINE: {keys.HOURLY_CONSUMPTION, keys.METER_DAYS},
    keys.ANOMALY_SCORES: {
        keys.METER_REGISTRY,
        keys.HOURLY_CONSUMPTION,
        keys.METER_DAYS,
        keys.CONSUMPTION_BASELINE,
    },
    keys.FLEET_ANOMALIES: {keys.HOURLY_CONSUMPTION},
    keys.ANOMALY_SCAN_RESULTS: {keys.FLEET_ANOMALIES},
    keys.METER_SCAN_RESULTS: {keys.ANOMALY_SCORES},
    keys.ANOMALY_ALERTS: {keys.ANOMALY_SCORES},
    keys.DETECTOR_EVALUATION: {keys.ANOMALY_SCORES, keys.INJECTED_ANOMALIES},
    keys.DAILY_REPORT: {keys.ANOMALY_SCORES, keys.FLEET_ANOMALIES},
}
READ_EARLIER_DAYS = {
    keys.CONSUMPTION_BASELINE,
    keys.ANOMALY_SCORES,
    keys.FLEET_ANOMALIES,
    keys.ANOMALY_ALERTS,
    keys.DAILY_REPORT,
}


def find_dependencies(settings: Settings) -> dict[AssetKey, set[AssetKey]]:
    graph = build_defs(settings).resolve_asset_graph()
    return {key: set(graph.get(key).parent_keys) for key in graph.get_all_asset_keys()}


def test_specs_are_those_of_the_snapshot():
    assert specs.describe(build_defs(Settings())) == specs.FILE.read_text("utf-8"), (
        "if the change is intended, run `python -m wattif_dagster_tests.defs.specs`"
    )


def test_graph_has_fourteen_daily_assets():
    assert find_dependencies(Settings()) == DEPENDENCIES
    assert read_graph(build_defs(Settings())).parents == DEPENDENCIES


def test_preview_adds_one_asset_without_partitions():
    settings = Settings(scan=ScanOptions(preview=True))
    assert find_dependencies(settings) == {
        **DEPENDENCIES,
        keys.ANOMALY_PREVIEW_RESULTS: {keys.HOURLY_CONSUMPTION},
    }
    assert read_graph(build_defs(settings)).parents == DEPENDENCIES


def test_checks_of_readings_and_hours_block():
    blocking = read_graph(build_defs(Settings())).blocking_checks
    assert {key: len(checks) for key, checks in blocking.items() if checks} == {
        keys.METER_READINGS: 5,
        keys.HOURLY_CONSUMPTION: 1,
    }


def test_days_of_assets_that_read_earlier_days_are_made_in_order():
    after = {keys.ANOMALY_SCAN_RESULTS, keys.METER_SCAN_RESULTS, keys.DETECTOR_EVALUATION}
    assert read_graph(build_defs(Settings())).in_order == READ_EARLIER_DAYS | after
