"""Landing days of meters that repeat readings or send none."""

from pathlib import Path

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support.landing import DAY, contents, serials


@pytest.mark.parametrize(("kind", "more"), [("F6", False), ("F7", True)])
def test_manifest_counts_the_rendered_rows(
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
    manifest = land_day(gcs, Landing(simulation, DAY, serials(25), options)).manifest
    stored = contents(gcs, f"dt={DAY}/")
    assert [item.rows for item in manifest.objects] == [
        len(stored[item.name].splitlines()) for item in manifest.objects
    ]
    assert (manifest.total_rows > 25 * 96) == more
    assert manifest.total_rows != 25 * 96


def test_size_limit_counts_repeated_readings() -> None:
    def check(kind: str, meters_per_object: int) -> None:
        simulation = Simulation(anomaly_share=0.1, anomaly_kinds=kind)
        options = IngestOptions(meters_per_object=meters_per_object)
        Landing(simulation, DAY, serials(1), options).check()

    with pytest.raises(UserError, match=r"Set it to 8 or less\."):
        check("F7", 9)
    check("F7", 8)
    check("F6", 12)
