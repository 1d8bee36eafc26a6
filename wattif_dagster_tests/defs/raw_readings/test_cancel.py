"""A landing that is cancelled ends within its day."""

from collections.abc import Sequence
from datetime import date
from threading import Event

from dagster import DagsterInstance, DagsterRunStatus

from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.ingest.store import SpooledFile
from wattif_dagster.keys import METER_REGISTRY, RAW_READINGS
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import partitions, make_resources, run_days

DAY = date(2024, 1, 1)


def test_a_day_that_is_cancelled_while_it_lands_is_not_made(settings: Settings):
    class CancelledFromTheFirstUploadOn(GcsTransferManager):
        def upload(self, files: Sequence[SpooledFile], stop: Event) -> None:
            super().upload(files, stop)
            instance.report_run_canceling(instance.get_runs()[0])

    resources = make_resources(settings)
    gcs = resources["wattif_gcs"]
    cancelled = CancelledFromTheFirstUploadOn(
        cloud=gcs.cloud,
        bucket=gcs.bucket,
        upload_workers=gcs.upload_workers,
        connections=gcs.connections,
    )
    with DagsterInstance.ephemeral() as instance:
        result = run_days(
            {**resources, "gcs": cancelled}, instance, [METER_REGISTRY, RAW_READINGS], DAY, DAY
        )
        assert instance.get_runs()[0].status is DagsterRunStatus.CANCELED
        assert partitions(instance, result, METER_REGISTRY) == [str(DAY)]
        assert partitions(instance, result, RAW_READINGS) == []
    assert read_manifest(gcs, DAY) is None
