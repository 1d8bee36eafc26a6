"""The fleet's state and rows in the bucket."""

import gzip
from datetime import date

import numpy as np
import orjson
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import registry_rows_name, registry_state_name
from wattif_dagster.ingest.registry import land_registry, read_fleet
from wattif_dagster.metering.fleet import fleet_on
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.support.landing import contents

SIMULATION = Simulation(meters=20, daily_new_meters=3, daily_retired_meters=2)
DAYS = [date(2024, 1, day) for day in (1, 2, 3)]


def test_registry_rows_are_the_fleet(gcs: GcsTransferManager) -> None:
    landed = land_registry(gcs, SIMULATION, DAYS[1])
    rows = gzip.decompress(contents(gcs)[registry_rows_name(DAYS[1])]).splitlines()
    assert [orjson.loads(row)["serial"] for row in rows] == serial_text(landed.serials)
    assert {orjson.loads(row)["registry_date"] for row in rows} == {"2024-01-02"}


def test_day_alone_equals_day_by_day(gcs: GcsTransferManager) -> None:
    for day in DAYS:
        land_registry(gcs, SIMULATION, day)
    by_day = contents(gcs)
    gcs.delete(list(by_day))
    land_registry(gcs, SIMULATION, DAYS[2])
    alone = contents(gcs)
    assert alone == {name: by_day[name] for name in alone}
    assert len(alone) == 2


def test_fleet_is_read_as_landed(gcs: GcsTransferManager) -> None:
    landed = land_registry(gcs, SIMULATION, DAYS[0])
    fleet = read_fleet(gcs, SIMULATION, DAYS[0])
    assert np.array_equal(fleet.serials, landed.serials)
    assert landed.fingerprint == SIMULATION.fingerprint


def test_state_of_other_settings_is_not_used(gcs: GcsTransferManager) -> None:
    land_registry(gcs, SIMULATION.model_copy(update={"seed": 8}), DAYS[0])
    fleet = land_registry(gcs, SIMULATION, DAYS[1])
    assert np.array_equal(fleet.serials, fleet_on(SIMULATION, DAYS[1]).serials)


def test_fleet_of_other_settings_is_refused(gcs: GcsTransferManager) -> None:
    land_registry(gcs, SIMULATION, DAYS[0])
    with pytest.raises(UserError, match="There is no registry of 2024-01-01 that was made"):
        read_fleet(gcs, SIMULATION.model_copy(update={"seed": 8}), DAYS[0])
    with pytest.raises(UserError, match=r"Materialize meter_registry of that day first\."):
        read_fleet(gcs, SIMULATION, DAYS[1])


def test_damaged_state_is_refused(gcs: GcsTransferManager) -> None:
    land_registry(gcs, SIMULATION, DAYS[0])
    name = registry_state_name(DAYS[0])
    gcs.write(name, contents(gcs)[name][:-1])
    with pytest.raises(UserError, match=r"damaged.* Materialize meter_registry of 2024-01-01"):
        read_fleet(gcs, SIMULATION, DAYS[0])


def test_day_before_the_first_is_refused(gcs: GcsTransferManager) -> None:
    with pytest.raises(UserError, match="2023-12-31 is before the fleet's first day, 2024-01-01"):
        land_registry(gcs, SIMULATION, date(2023, 12, 31))
    assert contents(gcs) == {}
