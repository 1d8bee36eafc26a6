"""A real Google Cloud project, in which each test leaves nothing behind.

It needs WATTIF_TEST_GCP_PROJECT and WATTIF_TEST_GCP_BUCKET (an empty bucket), application default
credentials, and the roles of docs/google-cloud.md.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings

PROJECT = os.environ.get("WATTIF_TEST_GCP_PROJECT")
BUCKET = os.environ.get("WATTIF_TEST_GCP_BUCKET")

NEEDS_PROJECT = [
    pytest.mark.gcp,
    pytest.mark.skipif(
        not (PROJECT and BUCKET),
        reason="needs WATTIF_TEST_GCP_PROJECT and WATTIF_TEST_GCP_BUCKET, a real project",
    ),
]


def settings_on_project(simulation: Simulation, **changes: Any) -> Settings:
    """Settings with a dataset that no other test uses."""
    return Settings.load(
        target="gcp",
        project=PROJECT,
        bucket=BUCKET,
        dataset=f"wattif_test_{uuid4().hex[:12]}",
        simulation=simulation,
        **changes,
    )


@contextmanager
def resources_on_project(settings: Settings) -> Iterator[Resources]:
    """The resources; removes all objects and the dataset with its models afterwards."""
    made = build_resources(settings)
    try:
        yield made
    finally:
        made["wattif_gcs"].delete([item.name for item in made["wattif_gcs"].list("")])
        made["wattif_bigquery"].client.delete_dataset(
            settings.dataset, delete_contents=True, not_found_ok=True
        )
