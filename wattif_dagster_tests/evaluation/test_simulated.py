"""The simulated hours are those that the real path rolls up."""

from datetime import date

import numpy as np
import pytest
from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from wattif_dagster import schemas
from wattif_dagster.evaluation.simulated import simulate
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.metering.simulation import ANOMALY_KINDS, Simulation
from wattif_dagster_tests.reconcile.conftest import Warehouse

SIMULATION = Simulation(
    meters=120,
    interval_seconds=900,
    load="household",
    daily_new_meters=0,
    daily_retired_meters=0,
    anomaly_share=1,
    anomaly_onset_day=0,
    anomaly_onset_days=1,
)


def test_hours_equal_the_real_roll_up(settings, tmp_path):
    from wattif_dagster.resources.build import build_resources

    changed = settings.model_copy(update={"simulation": SIMULATION})
    resources = build_resources(changed)
    resources["wattif_gcs"].ensure_bucket()
    warehouse = Warehouse(changed, resources["wattif_gcs"], resources["wattif_bigquery"], tmp_path / "spool")
    day = date(2024, 1, 1)
    warehouse.land(day)
    manifest = read_manifest(warehouse.gcs, day)
    assert manifest
    uris = [f"{warehouse.gcs.uri}/{each.name}" for each in manifest.objects]
    warehouse.bigquery.load_partition(schemas.METER_READINGS, day, uris, "v")
    sql = hourly_consumption_sql(warehouse.bigquery, day, SIMULATION.interval_seconds)
    rolled = warehouse.bigquery.rows(f"SELECT * FROM ({sql}) ORDER BY serial, time_hour_rolled")

    hours, episodes = simulate(SIMULATION, 1, print)
    assert {episode.kind for episode in episodes} == set(ANOMALY_KINDS)
    assert 0 in hours.n_readings
    assert 8 in hours.n_readings
    ours = hours.table().to_pylist()
    assert len(ours) == len(rolled)
    for name in ("serial", "time_hour_rolled", "n_readings"):
        assert [row[name] for row in ours] == [row[name] for row in rolled]
    for name in ("consumption_hour_rolled", "avg_kw", "max_kw", "min_kw"):
        found = [row[name] for row in ours]
        assert found == pytest.approx([row[name] for row in rolled], abs=1e-9)


def test_an_episode_touches_the_hours_it_changed():
    hours, episodes = simulate(SIMULATION, 2, print)
    silent = [episode for episode in episodes if episode.kind == "F6"]
    assert silent
    for episode in silent:
        missing = (hours.n_readings[episode.meter] == 0).nonzero()[0]
        assert np.isin(missing, episode.touched).all()
