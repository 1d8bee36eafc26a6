"""Days streamed into the local Cloud Storage."""

import threading
from datetime import UTC, datetime

import orjson
import pytest

from wattif_dagster.errors import CancelledError
from wattif_dagster.ingest.layout import day_prefix, manifest_name
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.metering.ndjson import render_day
from wattif_dagster.settings import Settings
from wattif_dagster.streaming import stream
from wattif_dagster.streaming.clock import Clock
from wattif_dagster.streaming.landing import StreamLanding
from wattif_dagster.streaming.stream import Position, stream_day
from wattif_dagster_tests.support.faults import Proxy, status
from wattif_dagster_tests.support.landing import DAY, contents, serials
from wattif_dagster_tests.support.runs import make_resources

METERS, EVERY = 4, 3600
MIDNIGHT = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)


def make_landing(settings: Settings) -> StreamLanding:
    options = settings.ingest
    return StreamLanding(settings.simulation, DAY, serials(METERS), options, EVERY)


def ignore(_position: Position) -> None:
    """Show nothing."""


def test_streamed_day_is_the_batch_day(settings: Settings) -> None:
    gcs = make_resources(settings)["wattif_gcs"]
    shown: list[Position] = []
    clock = Clock(MIDNIGHT, speed=86_400)
    manifest = stream_day(gcs, make_landing(settings), clock, shown.append, threading.Event())
    stored = contents(gcs, day_prefix(DAY))
    assert manifest.differences(gcs.list(day_prefix(DAY)), alone=True) == []
    assert manifest.is_streamed
    assert len(stored) == 24
    lines = sorted(line for body in stored.values() for line in body.splitlines())
    batch = bytes(render_day(settings.simulation, DAY, serials(METERS))).splitlines()
    assert lines == sorted(batch)
    assert manifest.total_rows == len(batch) == len([orjson.loads(line) for line in lines])
    assert shown[-1].progress.objects == 24
    assert all(position.lag_seconds >= 0 for position in shown)


def test_stopped_stream_goes_on_where_it_ended(settings: Settings) -> None:
    gcs = make_resources(settings)["wattif_gcs"]
    stop = threading.Event()

    def stop_soon(position: Position) -> None:
        if position.progress.objects >= 5:
            stop.set()

    clock = Clock(MIDNIGHT, speed=86_400 / 20)
    with pytest.raises(CancelledError):
        stream_day(gcs, make_landing(settings), clock, stop_soon, stop)
    before = {item.name: item.generation for item in gcs.list(day_prefix(DAY))}
    assert 5 <= len(before) < 24
    assert read_manifest(gcs, DAY) is None
    clock = Clock(MIDNIGHT, speed=1e9)
    stream_day(gcs, make_landing(settings), clock, ignore, threading.Event())
    after = {item.name: item.generation for item in gcs.list(day_prefix(DAY))}
    assert len(after) == 24
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("patience", [900, 0.5], ids=["within", "beyond"])
def test_outage_of_the_bucket_is_caught_up(
    settings: Settings, gcs_proxy: Proxy, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outage lasts less or more than an upload tries."""
    monkeypatch.setattr(stream, "PAUSE_SECONDS", 0.1)
    gcs = make_resources(settings)["wattif_gcs"].model_copy(update={"deadline_seconds": patience})
    gcs_proxy.on("POST", "/upload/", status(503), times=9)
    clock = Clock(MIDNIGHT, speed=86_400 / 5)
    manifest = stream_day(gcs, make_landing(settings), clock, ignore, threading.Event())
    assert gcs_proxy.exhausted
    assert manifest.differences(gcs.list(day_prefix(DAY)), alone=True) == []
    assert gcs.read(manifest_name(DAY))
