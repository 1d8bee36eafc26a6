"""The one fleet of a bucket: its settings, kept in the bucket so that no other fleet mixes in."""

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import FLEET_NAME
from wattif_dagster.ingest.store import GENERATION_ABSENT, GenerationMismatchError, ObjectStore
from wattif_dagster.metering.simulation import ADDED_LATER, Simulation
from wattif_dagster.settings import Settings
from wattif_dagster.settings.variables import name_variable

DIFFERENCES_NAMED = 5
IMPORTED = "imported"
"""The fingerprint of a fleet whose readings are imported. Nothing else is known of it."""


class FleetRecord(BaseModel):
    """The fleet that a bucket holds: the fingerprint of its settings, and the settings to show."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: str
    settings: dict[str, object]


def claim_bucket(store: ObjectStore, simulation: Simulation, *, replace: bool = False) -> None:
    """Record in the bucket that it holds this fleet.

    Raises UserError when the bucket holds another fleet, unless this one is to `replace` it.
    """
    ours = FleetRecord(fingerprint=simulation.fingerprint, settings=simulation.model_dump())
    record = _claim(store, ours, replace=replace)
    if record.fingerprint == IMPORTED:
        raise UserError(
            f"The bucket {store.uri} holds imported readings, and simulated days do not mix with "
            "them. Set WATTIF_SOURCE__KIND=files to go on with these readings, or set "
            "WATTIF_BUCKET and WATTIF_DATASET to others."
        )
    if record.fingerprint != ours.fingerprint:
        raise UserError(
            f"The bucket {store.uri} holds the days of another fleet: "
            f"{_describe(record, simulation)}. Use the settings of that fleet, or set "
            "WATTIF_BUCKET to another bucket. To replace the fleet day by day, add --replace to "
            "`wattif generate` or `wattif backfill`."
        )


def claim_bucket_for_imports(store: ObjectStore) -> None:
    """Record in the bucket that it holds imported readings.

    Raises UserError when the bucket holds a simulated fleet.
    """
    record = _claim(store, FleetRecord(fingerprint=IMPORTED, settings={}))
    if record.fingerprint != IMPORTED:
        raise UserError(
            f"The bucket {store.uri} holds a simulated fleet, and imported readings do not mix "
            "with it. Set WATTIF_BUCKET and WATTIF_DATASET to others."
        )


def _claim(store: ObjectStore, ours: FleetRecord, *, replace: bool = False) -> FleetRecord:
    """Record our fleet where the bucket has none, or to replace it; returns what it has then."""
    found = store.read(FLEET_NAME)
    if found is not None and not replace:
        return parse_record(found[0], f"{store.uri}/{FLEET_NAME}")
    body = orjson.dumps(ours.model_dump(), option=orjson.OPT_INDENT_2)
    try:
        store.write(FLEET_NAME, body, if_generation=None if replace else GENERATION_ABSENT)
    except GenerationMismatchError:
        return _claim(store, ours)  # another writer was faster, maybe with the same fleet
    return ours


def parse_record(data: bytes, name: str) -> FleetRecord:
    """Parse the record. Raises UserError, which names it, when it is damaged."""
    try:
        return FleetRecord.model_validate_json(data)
    except ValidationError:
        raise UserError(
            f"{name} is damaged. Run `wattif generate` or `wattif backfill` with --replace to "
            "write it again."
        ) from None


def _describe(record: FleetRecord, simulation: Simulation) -> str:
    """Name the settings that differ, e.g. "WATTIF_SIMULATION__METERS is 100 there, 20 here"."""
    here = simulation.model_dump()
    there = {name: Simulation.model_fields[name].default for name in ADDED_LATER} | record.settings
    different = [
        f"{_name_variable(name)} is {value} there, {here.get(name)} here"
        for name, value in there.items()
        if here.get(name) != value
    ]
    more = len(different) - DIFFERENCES_NAMED
    named = "; ".join(different[:DIFFERENCES_NAMED]) or "made by another version"
    return f"{named}; and {more} more" if more > 0 else named


def _name_variable(option: str) -> str:
    """Name the variable that sets an option of the simulation."""
    return name_variable(*(() if option in Settings.model_fields else ("simulation",)), option)
