"""Days of meters that repeat readings or send none."""

from pathlib import Path

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.objects import check_options
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.ingest.conftest import DAY, contents, serials


@pytest.mark.parametrize(("kind", "more"), [("F6", False), ("F7", True)])
def test_the_manifest_counts_the_rows_that_were_rendered(
    gcs: GcsTransferManager, spool_dir: Path, kind: str, more: bool
) -> None:
    simulation = Simulation(
        interval_seconds=900,
        anomaly_share=1.0,
        anomaly_kinds=kind,
        anomaly_onset_day=0,
        anomaly_onset_days=1,
    )
    options = IngestOptions(spool_dir=str(spool_dir))
    manifest = land_day(gcs, simulation, DAY, serials(25), options).manifest
    stored = contents(gcs, f"dt={DAY}/")
    assert [item.rows for item in manifest.objects] == [
        len(stored[item.name].splitlines()) for item in manifest.objects
    ]
    assert (manifest.total_rows > 25 * 96) == more
    assert manifest.total_rows != 25 * 96


def test_room_is_left_for_the_most_repeated_readings() -> None:
    simulation = Simulation(anomaly_share=0.1, anomaly_kinds="F7")
    with pytest.raises(UserError, match="set it to 8 or less"):
        check_options(simulation, IngestOptions(meters_per_object=9))
    check_options(simulation, IngestOptions(meters_per_object=8))
    check_options(
        Simulation(anomaly_share=0.1, anomaly_kinds="F6"), IngestOptions(meters_per_object=12)
    )
