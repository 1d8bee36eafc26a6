from datetime import date

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster.metering.incidents import (
    IncidentLabel,
    apply_incident,
    incident_label,
    touched_meters,
)
from wattif_dagster.metering.ndjson import render_day
from wattif_dagster.metering.simulation import Simulation

DAY = date(2024, 1, 3)
INTERVAL = 600


def simulation(kind: str, **settings: object) -> Simulation:
    chosen = {"interval_seconds": INTERVAL, "incident": kind, "incident_date": str(DAY), **settings}
    return Simulation.model_validate(chosen)


def watts_of_day(of: Simulation, day: date, meters: int) -> np.ndarray:
    lines = bytes(render_day(of, day, np.arange(meters))).splitlines()
    watts = [round(orjson.loads(line)["reading"] * 1000) for line in lines]
    return np.array(watts).reshape(meters, of.readings_per_day)


@settings(max_examples=20)
@given(
    st.sampled_from([("outage", 0), ("surge", 3)]),
    st.integers(0, 23).flatmap(lambda start: st.tuples(st.just(start), st.integers(1, 24 - start))),
    st.floats(0.01, 1),
)
def test_it_changes_only_its_hours_of_only_its_meters(kind_and_factor, hours, share):
    (kind, factor), (start, length) = kind_and_factor, hours
    incident = simulation(
        kind, incident_start_hour=start, incident_hours=length, incident_share=share
    )
    touched = touched_meters(incident, np.arange(30))
    expected = watts_of_day(simulation("none"), DAY, 30)
    per_hour = 3600 // INTERVAL
    expected[touched, start * per_hour : (start + length) * per_hour] *= factor
    np.testing.assert_array_equal(watts_of_day(incident, DAY, 30), expected)


def test_it_leaves_other_days_alone():
    before = date(2024, 1, 2)
    np.testing.assert_array_equal(
        watts_of_day(simulation("surge"), before, 20), watts_of_day(simulation("none"), before, 20)
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_it_touches_its_share_of_the_meters(share):
    touched = touched_meters(simulation("surge", incident_share=share), np.arange(100_000))
    assert touched.mean() == pytest.approx(share, abs=0.01)


def test_the_label_says_what_when_and_how_many():
    incident = simulation("outage", incident_start_hour=20, incident_hours=4, incident_share=0.25)
    assert incident_label(incident, DAY) == IncidentLabel(
        kind="outage",
        starts_at="2024-01-03T20:00:00Z",
        ends_at="2024-01-04T00:00:00Z",
        share=0.25,
    )


def test_there_is_no_label_without_an_incident():
    assert incident_label(simulation("surge"), date(2024, 1, 4)) is None
    assert incident_label(simulation("none"), DAY) is None


def test_apply_incident_works_in_place():
    watts = np.full((1, 144), 7)
    apply_incident(simulation("surge", incident_share=1), DAY, np.array([3]), watts)
    assert set(watts[0, 72:90]) == {21}
    assert watts.sum() == 144 * 7 + 18 * 14
