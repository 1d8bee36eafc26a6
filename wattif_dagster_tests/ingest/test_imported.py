"""The fleet of imported readings is whoever was seen in the weeks before."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest
from isal import igzip

from wattif_dagster.errors import UserError
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.run import Import, import_files
from wattif_dagster.ingest.fleet import claim_bucket, claim_bucket_for_imports
from wattif_dagster.ingest.imported import (
    DAYS_SEEN,
    find_day_versions,
    find_fleet_versions,
    register_seen_meters,
    require_imported,
)
from wattif_dagster.ingest.layout import registry_rows_name
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import IngestOptions

FIRST = date(2024, 1, 1)
See = Callable[..., None]


@pytest.fixture
def see(gcs: GcsTransferManager, tmp_path: Path) -> See:
    """Imports a reading of each of these meters on the day."""

    def run(day: date, *serials: str, value: float = 1) -> None:
        file = tmp_path / "readings.csv"
        file.write_text("serial,time,kwh\n" + "".join(f"{s},{day},{value}\n" for s in serials))
        options = IngestOptions(spool_dir=str(tmp_path / "spool"))
        hourly = ImportOptions(interval=3600)
        import_files(gcs, Import([file], hourly, options, None, Monitor(), lambda *_: None))

    return run


def read_registry(gcs: GcsTransferManager, day: date) -> dict[str, str]:
    """The serials of the day's registry rows, with the day that each was issued on."""
    found = gcs.read(registry_rows_name(day))
    assert found
    rows = [orjson.loads(line) for line in igzip.decompress(found[0]).splitlines()]
    assert {row["registry_date"] for row in rows} == {str(day)}
    return {row["serial"]: row["issued_on"] for row in rows}


def test_fleet_is_whoever_was_seen_lately(gcs: GcsTransferManager, see: See) -> None:
    see(FIRST, "A", "$b_$ O'Brien")
    last = FIRST + timedelta(days=DAYS_SEEN - 1)
    see(last, "C")
    assert register_seen_meters(gcs, last) == 3
    assert read_registry(gcs, last) == {
        "A": "2024-01-01",
        "$b_$ O'Brien": "2024-01-01",
        "C": str(last),
    }
    register_seen_meters(gcs, last + timedelta(days=1))
    assert read_registry(gcs, last + timedelta(days=1)) == {"C": str(last)}


def test_fleet_of_nobody_is_refused(gcs: GcsTransferManager) -> None:
    with pytest.raises(UserError, match="No readings of 2024-01-01 were imported into gs://"):
        register_seen_meters(gcs, FIRST)
    with pytest.raises(UserError, match="or leave the day out"):
        require_imported(gcs, FIRST)


def test_version_of_a_day_changes_with_its_readings(gcs: GcsTransferManager, see: See) -> None:
    see(FIRST, "A")
    before = find_day_versions(gcs)
    see(FIRST, "A")
    assert find_day_versions(gcs) == before
    see(FIRST, "A", value=2)
    assert find_day_versions(gcs).keys() == before.keys()
    assert find_day_versions(gcs) != before


def test_version_of_a_fleet_changes_with_its_meters(gcs: GcsTransferManager, see: See) -> None:
    days = [FIRST + timedelta(days=n) for n in (-1, 0, DAYS_SEEN - 1, DAYS_SEEN)]
    see(FIRST, "A")
    before = find_fleet_versions(gcs, days)
    see(FIRST, "A", value=2)
    assert find_fleet_versions(gcs, days) == before
    see(FIRST, "B")
    after = find_fleet_versions(gcs, days)
    assert [after[day] != before[day] for day in days] == [False, True, True, False]


def test_bucket_is_of_a_simulation_or_of_imports(gcs: GcsTransferManager) -> None:
    claim_bucket_for_imports(gcs)
    claim_bucket_for_imports(gcs)
    with pytest.raises(UserError, match="holds imported readings, and simulated days do not mix"):
        claim_bucket(gcs, Simulation())
    claim_bucket(gcs, Simulation(), replace=True)
    with pytest.raises(UserError, match="holds a simulated fleet, and imported readings do not"):
        claim_bucket_for_imports(gcs)
