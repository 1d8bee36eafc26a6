"""The fleet of a day in the bucket: its state, and its rows as BigQuery loads them."""

from datetime import date, timedelta

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.compression import compress
from wattif_dagster.ingest.layout import registry_rows_name, registry_state_name
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.metering.fleet import Fleet, fleet_on, registry_rows_ndjson
from wattif_dagster.metering.issuing import SerialsExhaustedError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.metering.state import StateError


def land_registry(store: ObjectStore, simulation: Simulation, day: date) -> Fleet:
    """Write the day's registry rows and the fleet's state, and return the fleet.

    The fleet is made from the state of the day before, if the bucket has it.

    Raises UserError for a day before the fleet's first, or when no serials are left for it.
    """
    if day < simulation.first_day:
        raise UserError(
            f"{day} is before the fleet's first day, {simulation.first_day}. Choose a later day, "
            "or set WATTIF_SIMULATION__START_DATE to an earlier one."
        )
    earlier = _read_stored(store, simulation, day - timedelta(days=1))
    try:
        fleet = fleet_on(simulation, day, earlier)
    except SerialsExhaustedError as error:
        raise UserError(str(error)) from None
    rows = registry_rows_ndjson(fleet, day)
    store.write(registry_rows_name(day), compress(rows))
    store.write(registry_state_name(day), fleet.to_bytes())
    return fleet


def read_fleet(store: ObjectStore, simulation: Simulation, day: date) -> Fleet:
    """Read the fleet of the day. Raises UserError when this simulation has not registered it."""
    fleet = _read_stored(store, simulation, day)
    if fleet is None:
        raise UserError(
            f"There is no registry of {day} that was made with these simulation settings. "
            "Materialize meter_registry of that day first."
        )
    return fleet


def _read_stored(store: ObjectStore, simulation: Simulation, day: date) -> Fleet | None:
    found = store.read(registry_state_name(day))
    if found is None:
        return None
    try:
        fleet = Fleet.from_bytes(found[0])
    except StateError as error:
        raise UserError(f"{error} Materialize meter_registry of {day} again.") from None
    return fleet if fleet.fingerprint == simulation.fingerprint else None
