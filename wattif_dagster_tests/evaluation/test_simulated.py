"""The simulated hours equal those that BigQuery rolls up."""

from datetime import date

import numpy as np
import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.hourly_consumption.asset import roll_up
from wattif_dagster.evaluation.simulated import simulate
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import make_resources

DAY = date(2024, 1, 1)

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


def test_hours_equal_the_roll_up_in_bigquery(settings: Settings):
    resources = make_resources(settings.model_copy(update={"simulation": SIMULATION}))
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    serials = land_registry(gcs, SIMULATION, DAY).serials
    manifest = land_day(gcs, Landing(SIMULATION, DAY, serials, resources["wattif_ingest"])).manifest
    uris = [f"{gcs.uri}/{each.name}" for each in manifest.objects]
    bigquery.load_partition(schemas.METER_READINGS, DAY, uris, "v")
    roll_up(bigquery, manifest)
    table = bigquery.quoted(schemas.HOURLY_CONSUMPTION)
    rolled = bigquery.rows(f"SELECT * FROM {table} ORDER BY serial, time_hour_rolled")

    hours, truth = simulate(SIMULATION, 1, print)
    assert {episode.kind for episode in truth.episodes} == set(TITLES)
    assert 0 in hours.n_readings
    assert 8 in hours.n_readings
    ours = hours.table().to_pylist()
    assert len(ours) == len(rolled)
    for name in ("serial", "time_hour_rolled", "n_readings"):
        assert [row[name] for row in ours] == [row[name] for row in rolled]
    for name in ("consumption_hour_rolled", "avg_kw", "max_kw", "min_kw"):
        found = [row[name] for row in ours]
        assert found == pytest.approx([row[name] for row in rolled], abs=1e-9)


def test_benign_changes_are_no_episodes():
    simulation = SIMULATION.model_copy(update={"homes": "restless", "anomaly_share": 0.0})
    hours, truth = simulate(simulation, 3, print)
    assert truth.episodes == []
    assert {change.kind for change in truth.benign} >= {"B4", "B7"}
    for change in truth.benign:
        assert np.nansum(change.kwh) == 0
        lost = hours.n_readings[change.meter, change.touched] == 0
        assert lost.all() if change.kind == "B7" else not lost.all()


def test_episode_touches_the_hours_it_changed():
    hours, truth = simulate(SIMULATION, 2, print)
    silent = [episode for episode in truth.episodes if episode.kind == "F6"]
    assert silent
    for episode in silent:
        missing = (hours.n_readings[episode.meter] == 0).nonzero()[0]
        assert np.isin(missing, episode.touched).all()
