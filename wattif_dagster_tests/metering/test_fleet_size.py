"""The meters of each day are as many as the fleets themselves have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.metering.fleet import first_fleet, next_day
from wattif_dagster.metering.fleet_size import meters_by_day
from wattif_dagster.metering.issuing import SerialsExhaustedError
from wattif_dagster.metering.simulation import SERIAL_SPACE, Simulation

few = st.integers(0, 20)


@given(meters=st.integers(1, 30), new=few, retired=few)
def test_as_many_as_the_fleets_have(meters: int, new: int, retired: int) -> None:
    simulation = Simulation(meters=meters, daily_new_meters=new, daily_retired_meters=retired)
    fleet = first_fleet(simulation)
    counted = [len(fleet)]
    for _ in range(4):
        fleet = next_day(simulation, fleet)
        counted.append(len(fleet))
    assert meters_by_day(simulation, 5) == counted


def test_fleet_beyond_the_serials_is_refused() -> None:
    fits = Simulation(meters=SERIAL_SPACE - 2, daily_new_meters=2)
    assert len(meters_by_day(fits, 2)) == 2
    with pytest.raises(SerialsExhaustedError, match="The fleet of day 3 needs 31,000,002 serials"):
        meters_by_day(fits, 3)
