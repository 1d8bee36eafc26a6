"""anomaly_preview_results: in the definitions by a setting, and run on the local cloud."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetCheckSeverity, DagsterInstance, materialize

from wattif_dagster import keys, schemas
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.anomaly_preview_results.asset import NO_ANOMALIES, anomaly_preview_results
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import evaluations, materializations, said


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def test_it_is_offered_when_asked_for(monkeypatch: pytest.MonkeyPatch):
    key = keys.ANOMALY_PREVIEW_RESULTS
    assert key not in build_defs().resolve_all_asset_keys()
    monkeypatch.setenv("WATTIF_SCAN__PREVIEW", "true")
    graph = build_defs().resolve_asset_graph()
    assert graph.get(key).parent_keys == {keys.HOURLY_CONSUMPTION}


def test_each_run_says_what_it_judged(settings: Settings, instance: DagsterInstance):
    resources = build_resources(settings)
    bigquery = resources["wattif_bigquery"]
    bigquery.ensure_table(schemas.HOURLY_CONSUMPTION)
    first = datetime(2024, 1, 1, tzinfo=UTC)

    def load(days: range, *, surge_at: int | None = None) -> None:
        hours = range(days.start * 24, days.stop * 24)
        rows = [
            {
                "serial": "MAC00000001",
                "time_hour_rolled": (first + timedelta(hours=hour)).isoformat(),
                "consumption_hour_rolled": 9 if hour == surge_at else 1 + 0.001 * (hour % 7),
            }
            for hour in hours
        ]
        table = bigquery.table_name(schemas.HOURLY_CONSUMPTION)
        bigquery.client.load_table_from_json(rows, table).result()

    load(range(7))
    clean = materialize([anomaly_preview_results], resources=resources, instance=instance)
    assert evaluations(clean)[NO_ANOMALIES].passed
    load(range(7, 8), surge_at=7 * 24 + 20)
    surge = materialize([anomaly_preview_results], resources=resources, instance=instance)
    check = evaluations(surge)[NO_ANOMALIES]
    assert (check.passed, check.severity) == (False, AssetCheckSeverity.WARN)
    assert said(check)["flagged"] == ["AVG 2024-01-08 20:00", "MAX 2024-01-08 20:00"]
    for result, judged, anomalies in ((clean, 20, 0), (surge, 48, 2)):
        ((_, metadata),) = materializations(instance, result, keys.ANOMALY_PREVIEW_RESULTS)
        assert (metadata["judged"], metadata["anomalies"]) == (judged, anomalies)
        assert metadata["without_history"] == 0
