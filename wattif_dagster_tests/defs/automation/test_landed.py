"""Streamed days become partitions of the graph, asked for by the sensor `landed_days`."""

import threading
from datetime import UTC, date, datetime

import pytest
from dagster import DagsterInstance, build_sensor_context

from wattif_dagster import keys
from wattif_dagster.definitions import build_defs
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.partitions import daily_partitions
from wattif_dagster.settings import Settings
from wattif_dagster.streaming.clock import Clock
from wattif_dagster.streaming.landing import StreamLanding
from wattif_dagster.streaming.stream import stream_day
from wattif_dagster_tests.support.runs import make_resources, run_day

LAST = date.fromisoformat(daily_partitions(date(2024, 1, 1)).get_partition_keys()[-1])


def stream(settings: Settings, day: date) -> None:
    """Stream the day as fast as it goes."""
    resources = make_resources(settings)
    gcs, simulation = resources["wattif_gcs"], resources["wattif_simulation"]
    fleet = land_registry(gcs, simulation, day)
    landing = StreamLanding(simulation, day, fleet.serials, settings.ingest, 3600)
    clock = Clock(datetime(day.year, day.month, day.day, tzinfo=UTC), speed=1e9)
    stream_day(gcs, landing, clock, lambda _: None, threading.Event())


def ask_sensor(settings: Settings, instance: DagsterInstance) -> list[str | None]:
    """Evaluate the sensor; returns the days that it asks for."""
    defs = build_defs(settings)
    sensor, repository = defs.resolve_sensor_def("landed_days"), defs.get_repository_def()
    made = make_resources(settings)
    resources = {"wattif_gcs": made["wattif_gcs"], "wattif_cloud": made["wattif_cloud"]}
    with build_sensor_context(instance, repository_def=repository, resources=resources) as context:
        asked = sensor.evaluate_tick(context).run_requests or []
    return [request.partition_key for request in asked]


@pytest.mark.slow
def test_streamed_day_is_made_by_the_graph(settings: Settings, instance: DagsterInstance):
    assert ask_sensor(settings, instance) == []
    stream(settings, LAST)
    assert ask_sensor(settings, instance) == [str(LAST)]
    gcs = make_resources(settings)["wattif_gcs"]
    before = {item.name: item.generation for item in gcs.list(day_prefix(LAST))}
    assets = [
        *(keys.METER_REGISTRY, keys.RAW_READINGS),
        *(keys.METER_READINGS, keys.HOURLY_CONSUMPTION),
    ]
    run = run_day(settings, instance, assets, LAST)
    assert run.failures() == {}
    assert run.metadata(keys.RAW_READINGS)["streamed"]
    assert {item.name: item.generation for item in gcs.list(day_prefix(LAST))} == before
    assert ask_sensor(settings, instance) == []


def test_streamed_day_that_lacks_an_object_is_refused(
    settings: Settings, instance: DagsterInstance
):
    stream(settings, LAST)
    gcs = make_resources(settings)["wattif_gcs"]
    lost = next(item.name for item in gcs.list(day_prefix(LAST)))
    gcs.delete([lost])
    run = run_day(settings, instance, [keys.METER_REGISTRY, keys.RAW_READINGS], LAST)
    (failure,) = run.failures().values()
    assert f"{lost} is missing. Land the day at once" in failure
