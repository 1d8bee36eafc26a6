import hashlib
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster import schemas
from wattif_dagster.metering.fleet import (
    SEGMENT_SHARES,
    Fleet,
    first_fleet,
    fleet_on,
    next_day,
    registry_rows_ndjson,
)
from wattif_dagster.metering.issuing import SerialsExhaustedError
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation

SIMULATION = Simulation(meters=50, daily_new_meters=5, daily_retired_meters=3)
FIRST = SIMULATION.first_day

simulations = st.builds(
    Simulation,
    seed=st.integers(0, 2**63 - 1),
    meters=st.integers(1, 30),
    daily_new_meters=st.integers(0, 4),
    daily_retired_meters=st.integers(0, 6),
)


def after(days: int) -> date:
    return FIRST + timedelta(days=days)


@settings(max_examples=25)
@given(simulations, st.integers(0, 6), st.integers(0, 6))
def test_a_day_alone_equals_day_by_day_byte_for_byte(simulation, first_leg, second_leg):
    halfway = Fleet.from_bytes(fleet_on(simulation, after(first_leg)).to_bytes())
    end = after(first_leg + second_leg)
    assert fleet_on(simulation, end, halfway).to_bytes() == fleet_on(simulation, end).to_bytes()


@settings(max_examples=25)
@given(simulations)
def test_meters_retire_and_no_serial_is_issued_twice(simulation):
    fleet = first_fleet(simulation)
    assert len(fleet) == simulation.meters
    seen = set(fleet.serials.tolist())
    for _ in range(8):
        before, fleet = fleet, next_day(simulation, fleet)
        old, new = set(before.serials.tolist()), set(fleet.serials.tolist())
        assert len(old - new) == min(simulation.daily_retired_meters, len(old) - 1)
        assert len(new - old) == simulation.daily_new_meters
        assert not (new - old) & seen
        seen |= new
        assert fleet.issued == len(seen)
        assert (np.diff(fleet.serials.astype(np.int64)) > 0).all()
        installed_today = fleet.issued_on == fleet.day.toordinal()
        assert set(fleet.serials[installed_today].tolist()) == new - old


def test_a_meter_keeps_its_segment_and_its_day_of_installation():
    def facts(fleet: Fleet) -> dict[int, tuple[int, int]]:
        columns = fleet.serials.tolist(), fleet.segments.tolist(), fleet.issued_on.tolist()
        return {serial: (segment, day) for serial, segment, day in zip(*columns, strict=True)}

    early, late = facts(fleet_on(SIMULATION, after(3))), facts(fleet_on(SIMULATION, after(9)))
    both = early.keys() & late.keys()
    assert len(both) > 20
    assert {serial: early[serial] for serial in both} == {serial: late[serial] for serial in both}


def test_the_fleet_never_dies_out():
    simulation = Simulation(meters=4, daily_new_meters=0, daily_retired_meters=3)
    assert [len(fleet_on(simulation, after(n))) for n in range(4)] == [4, 1, 1, 1]


def test_segments_have_their_shares():
    fleet = first_fleet(Simulation(meters=50_000))
    shares = np.bincount(fleet.segments, minlength=3) / len(fleet)
    np.testing.assert_allclose(shares, list(SEGMENT_SHARES.values()), atol=0.01)


def test_the_bytes_of_a_small_fleet_never_change():
    rows = registry_rows_ndjson(fleet_on(SIMULATION, after(5)), after(5))
    digest = "d557709581e7194cb04c685fd4784da5048ff98aef4e9f6bd9cdf99f459d9ce4"
    assert hashlib.sha256(rows).hexdigest() == digest


def test_registry_rows_have_the_columns_of_the_table():
    fleet = fleet_on(SIMULATION, after(5))
    lines = registry_rows_ndjson(fleet, fleet.day).splitlines(keepends=True)
    rows = [orjson.loads(line) for line in lines]
    assert len({len(line) for line in lines}) == 1
    assert all(tuple(row) == schemas.METER_REGISTRY.column_names for row in rows)
    assert {row["registry_date"] for row in rows} == {"2024-01-06"}
    assert [row["serial"] for row in rows] == serial_text(fleet.serials)
    assert [row["segment"] for row in rows] == [list(SEGMENT_SHARES)[n] for n in fleet.segments]
    issued_on = [date.fromordinal(ordinal).isoformat() for ordinal in fleet.issued_on.tolist()]
    assert [row["issued_on"] for row in rows] == issued_on
    assert len(set(issued_on)) > 1


def test_the_state_carries_everything():
    fleet = fleet_on(SIMULATION, after(5))
    restored = Fleet.from_bytes(fleet.to_bytes())
    assert (restored.fingerprint, restored.day, restored.issued) == (
        SIMULATION.fingerprint,
        after(5),
        fleet.issued,
    )
    for name in ("serials", "segments", "issued_on", "issued_bits"):
        np.testing.assert_array_equal(getattr(restored, name), getattr(fleet, name))
        assert getattr(restored, name).dtype == getattr(fleet, name).dtype


def test_fleet_of_an_earlier_day_is_refused():
    with pytest.raises(ValueError, match="cannot be made from the later one"):
        fleet_on(SIMULATION, after(-1))
    with pytest.raises(ValueError, match="cannot be made from the later one"):
        fleet_on(SIMULATION, after(1), fleet_on(SIMULATION, after(2)))


def test_the_fleet_of_another_simulation_is_refused():
    other = first_fleet(Simulation(seed=8))
    with pytest.raises(ValueError, match="other simulation settings"):
        fleet_on(SIMULATION, after(2), other)


def test_growth_beyond_the_filter_is_refused():
    simulation = Simulation(meters=1, daily_new_meters=1, daily_retired_meters=1)
    # As ten years of days would have left it.
    grown = replace(first_fleet(simulation), day=after(3650), issued=3651)
    with pytest.raises(SerialsExhaustedError, match=r"needs 3,652 serials, but .* only 3,651"):
        next_day(simulation, grown)
