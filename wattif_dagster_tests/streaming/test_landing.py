"""A streamed day holds exactly the readings of the day that is landed at once."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.metering.ndjson import render_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.metering.spans import DaySpans
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster.streaming.clock import Clock
from wattif_dagster.streaming.landing import StreamLanding

DAY = date(2024, 1, 5)
CALM = Simulation(interval_seconds=900)
RESTLESS = Simulation(
    load="household",
    homes="restless",
    interval_seconds=900,
    anomaly_share=0.9,
    anomaly_kinds="F6,F7",
    anomaly_onset_day=4,
    anomaly_onset_days=1,
)


def make_landing(simulation: Simulation, meters: int, every: int) -> StreamLanding:
    serials = np.arange(1, meters + 1, dtype=np.uint32)
    return StreamLanding(simulation, DAY, serials, IngestOptions(), every)


def split_lines(data: bytes | memoryview) -> list[bytes]:
    return bytes(data).splitlines()


@pytest.mark.parametrize(
    "simulation", [Simulation(interval_seconds=900), RESTLESS], ids=lambda s: s.homes
)
def test_spans_are_the_lines_of_the_day(tmp_path: Path, simulation: Simulation) -> None:
    landing = make_landing(simulation, 30, 3600)
    spans = DaySpans(simulation, DAY, landing.serials, tmp_path)
    found: list[bytes] = []
    for tick in range(landing.ticks):
        lines = split_lines(spans.render(landing.find_readings(tick), slice(None)))
        assert {line[37:50] for line in lines} <= {f"{DAY}T{tick:02d}".encode()}
        found += lines
    expected = split_lines(render_day(simulation, DAY, landing.serials))
    assert sorted(found) == sorted(expected)
    assert (len(expected) != 30 * 96) == (simulation is RESTLESS)


def test_large_ticks_are_cut_into_parts(tmp_path: Path) -> None:
    simulation = Simulation(interval_seconds=10)
    landing = make_landing(simulation, 3000, 3600)
    assert landing.parts == 20
    assert landing.object_count == 24 * 20
    meters = [landing.find_meters(part) for part in range(landing.parts)]
    assert np.concatenate([landing.serials[each] for each in meters]).size == 3000
    spans = DaySpans(simulation, DAY, landing.serials, tmp_path)
    assert len(spans.render(landing.find_readings(0), meters[0])) <= 4 * 2**20


def test_names_tell_the_time_and_sort_by_it() -> None:
    landing = make_landing(Simulation(), 2, 60)
    names = [landing.object_name(index) for index in range(landing.object_count)]
    assert names == sorted(names)
    assert names[1].endswith("/stream-000100-000.json")
    assert landing.find_end(landing.ticks - 1) == datetime(2024, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("every", [15, 7 * 60, 86_400 * 2])
def test_ticks_that_do_not_fit_are_refused(every: int) -> None:
    with pytest.raises(UserError, match=f"--every {every}s does not fit"):
        make_landing(Simulation(interval_seconds=10), 1, every).check()


@given(st.sampled_from([10, 60, 900]), st.integers(1, 50), st.sampled_from([900, 3600, 86_400]))
@settings(deadline=None)
def test_every_reading_belongs_to_one_object(interval: int, meters: int, every: int) -> None:
    landing = make_landing(Simulation(interval_seconds=interval), meters, every)
    spans = [landing.find_readings(tick) for tick in range(landing.ticks)]
    readings = [n for span in spans for n in range(86_400 // interval)[span]]
    assert readings == list(range(86_400 // interval))


def test_clock_runs_as_fast_as_it_is_told() -> None:
    clock = Clock(datetime(2024, 1, 1, tzinfo=UTC), speed=36_000)
    later = clock.start + timedelta(hours=1)
    clock.wait_until(later, threading.Event())
    assert clock.now() >= later
    stopped = threading.Event()
    stopped.set()
    clock.wait_until(clock.start + timedelta(days=900), stopped)
    assert clock.now() < clock.start + timedelta(days=900)
