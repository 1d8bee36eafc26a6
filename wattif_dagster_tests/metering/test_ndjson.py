import hashlib
from datetime import date

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster.metering.ndjson import DayRenderer, render_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.strategies import days, intervals, seeds, serial_arrays

DAY = date(2024, 1, 1)


def test_the_bytes_of_a_small_day_never_change():
    simulation = Simulation(
        interval_seconds=900, incident="surge", incident_date="2024-01-01", incident_share=0.5
    )
    data = render_day(simulation, DAY, np.array([0, 1, 42, 30_999_999]))
    digest = "81b8632acc1e7323ee9cb45547d35e19220dbd6557a7fbabd70361cf0d61f52f"
    assert hashlib.sha256(data).hexdigest() == digest


@settings(max_examples=30)
@given(seeds, days, intervals, serial_arrays())
def test_a_day_parses_to_the_contract(seed, day, interval, serials):
    simulation = Simulation(seed=seed, interval_seconds=interval)
    rows = [orjson.loads(line) for line in bytes(render_day(simulation, day, serials)).splitlines()]
    seconds = range(0, 86_400, interval)
    assert [(row["serial"], row["timestamp"]) for row in rows] == [
        (f"MAC{serial:08d}", f"{day}T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}Z")
        for serial in serials
        for s in seconds
    ]
    assert all(set(row) == {"serial", "timestamp", "reading"} for row in rows)
    assert all(0 <= row["reading"] <= 0.9 for row in rows)
    assert all(round(row["reading"], 3) == row["reading"] for row in rows)


@settings(max_examples=20)
@given(seeds, intervals, serial_arrays(8), st.integers(1, 8))
def test_a_meters_day_does_not_depend_on_its_batch(seed, interval, serials, size):
    simulation = Simulation(
        seed=seed, interval_seconds=interval, incident="outage", incident_date="2024-01-01"
    )
    renderer = DayRenderer(simulation, DAY)
    batches = [serials[at : at + size] for at in range(0, len(serials), size)]
    together = b"".join(bytes(renderer.render(batch)) for batch in batches)
    assert together == bytes(render_day(simulation, DAY, serials))


def test_one_second_readings_are_rendered_too():
    data = render_day(Simulation(interval_seconds=1), DAY, np.array([1, 2]))
    lines = bytes(data).splitlines()
    assert len(lines) == 2 * 86_400
    assert orjson.loads(lines[-1])["timestamp"] == "2024-01-01T23:59:59Z"


def test_a_line_of_the_uniform_load_takes_76_bytes():
    renderer = DayRenderer(Simulation(), DAY)
    assert renderer.bytes_per_row == 76
    assert renderer.render(np.array([1, 2])).nbytes == 2 * renderer.bytes_per_meter


def test_a_smaller_batch_leaves_nothing_of_the_one_before():
    renderer = DayRenderer(Simulation(interval_seconds=3600), DAY)
    renderer.render(np.arange(10))
    assert bytes(renderer.render(np.array([77]))) == bytes(
        render_day(Simulation(interval_seconds=3600), DAY, np.array([77]))
    )


def test_no_meters_render_no_bytes():
    assert render_day(Simulation(), DAY, np.array([], np.uint32)).nbytes == 0


@pytest.mark.parametrize("change", [{"seed": 8}, {"interval_seconds": 1800}])
def test_other_settings_give_other_readings(change):
    simulation = Simulation(interval_seconds=3600)
    other = Simulation(**{"interval_seconds": 3600, **change})
    assert render_day(simulation, DAY, np.array([1])) != render_day(other, DAY, np.array([1]))
