"""One day of all daily assets on a real Google Cloud project."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterInstance

from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.reconcile.day import reconcile_days
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.gcp_project import (
    needs_project,
    resources_on_project,
    settings_on_project,
)
from wattif_dagster_tests.support.runs import run_day

DAY = date(2024, 1, 1)

pytestmark = needs_project(
    apis="bigquery, dataplex and storage",
    roles=(
        "roles/storage.admin, roles/bigquery.user and roles/dataplex.dataScanAdmin on the project "
        "(the Dataplex service agent needs roles/bigquery.dataEditor)"
    ),
)


@pytest.fixture(params=["native", "external"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return settings_on_project(
        Simulation(meters=3, interval_seconds=900),
        home=tmp_path,
        table_type=request.param,
    )


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with resources_on_project(settings) as made:
        yield made


def test_day_reconciles_and_is_scanned(settings: Settings, resources: Resources):
    daily_assets = read_graph(build_defs(settings)).parents
    with DagsterInstance.ephemeral() as instance:
        run = run_day(settings, instance, daily_assets, DAY)
        assert run.failures() == {}
        assert run.evaluations().keys() >= {"rows_match_manifest", "hours_complete", "day_complete"}
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    (found,) = reconcile_days(gcs, bigquery, [DAY])
    assert found.differences == ()
    assert found.loaded == 3 * 96
    assert len(read_anomalies(bigquery, DAY)) == 48
