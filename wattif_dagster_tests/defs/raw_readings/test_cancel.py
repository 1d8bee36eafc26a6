"""A run that is canceled while a day is landed."""

from collections.abc import Sequence
from threading import Event

from dagster import DagsterInstance, DagsterRunStatus

from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.ingest.store import SpooledFile
from wattif_dagster.keys import METER_REGISTRY, RAW_READINGS
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import PATIENCE_S
from wattif_dagster_tests.support.runs import day, make_resources, run_day


def test_canceled_landing_writes_no_manifest(settings: Settings, instance: DagsterInstance):
    """The run is canceled from elsewhere, as by the UI, while the first batch is uploaded."""
    canceled = Event()

    class CancelingGcs(GcsTransferManager):
        def upload(self, files: Sequence[SpooledFile], stop: Event) -> None:
            super().upload(files, stop)
            instance.report_run_canceling(instance.get_runs()[0])
            assert canceled.wait(PATIENCE_S)

    gcs = make_resources(settings)["wattif_gcs"]
    canceling = CancelingGcs(cloud=gcs.cloud, bucket=gcs.bucket)
    overrides = {"wattif_gcs": canceling, "wattif_stop": canceled}
    run = run_day(settings, instance, [METER_REGISTRY, RAW_READINGS], day(1), overrides)
    assert run.run.status is DagsterRunStatus.CANCELED
    assert run.partitions(METER_REGISTRY) == [str(day(1))]
    assert run.partitions(RAW_READINGS) == []
    assert read_manifest(gcs, day(1)) is None
