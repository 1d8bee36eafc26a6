"""A real Google Cloud project, in which each test has everything of its own and leaves nothing."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from google.api_core import exceptions as gexc

from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings

PROJECT = os.environ.get("WATTIF_TEST_GCP_PROJECT")


def needs_project(*, apis: str, roles: str) -> list[pytest.MarkDecorator]:
    """Make the marks of a module whose tests run on a real project, and say what they need."""
    reason = (
        "needs WATTIF_TEST_GCP_PROJECT, a project with billing; application default credentials "
        f"with {roles}; and the APIs {apis}"
    )
    return [pytest.mark.gcp, pytest.mark.skipif(not PROJECT, reason=reason)]


def settings_on_project(simulation: Simulation, **changes: Any) -> Settings:
    """Settings with a bucket and a dataset that no other test uses.

    The scans' ids follow the dataset. All names begin with `wattif-test` or `wattif_test`, so that
    you find what a killed test has left.
    """
    unique = uuid4().hex[:12]
    return Settings.load(
        target="gcp",
        project=PROJECT,
        bucket=f"wattif-test-{unique}",
        dataset=f"wattif_test_{unique}",
        simulation=simulation,
        **changes,
    )


@contextmanager
def resources_on_project(settings: Settings) -> Iterator[Resources]:
    """The resources, and their bucket; removes scans, dataset and bucket whatever happens.

    A removal that fails does not keep the others from being tried. It is raised after them.
    """
    made = build_resources(settings)
    with ExitStack() as removals:  # they run from the last to the first
        removals.callback(_remove_bucket, made)
        removals.callback(_remove_dataset, made, settings)
        removals.callback(_remove_scans, made, settings)
        made["wattif_gcs"].ensure_bucket()
        yield made


def _remove_scans(made: Resources, settings: Settings) -> None:
    scans = made["wattif_dataplex"]
    options = settings.scan.with_ids(settings.dataset)
    for scan_id in (options.scan_id, options.meter_scan_id):
        request = {"name": scans.scan_name(str(scan_id)), "force": True}
        with suppress(gexc.NotFound):  # the test made no scan
            scans.client.delete_data_scan(
                request=request, timeout=scans.call_timeout_seconds
            ).result(scans.change_timeout_seconds)


def _remove_dataset(made: Resources, settings: Settings) -> None:
    """Remove the dataset with its tables and models."""
    made["wattif_bigquery"].client.delete_dataset(
        settings.dataset, delete_contents=True, not_found_ok=True
    )


def _remove_bucket(made: Resources) -> None:
    gcs = made["wattif_gcs"]
    bucket = gcs.client.bucket(gcs.bucket)
    if bucket.exists():
        gcs.delete([item.name for item in gcs.list("")])
        bucket.delete()
