"""A local cloud of the benchmark's own, and resources on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings


@contextmanager
def local_resources() -> Iterator[Resources]:
    """Resources with a fresh bucket and dataset; everything is gone afterwards."""
    with TemporaryDirectory(prefix="wattif-bench-") as home:
        settings = Settings.load(
            target="local",
            home=Path(home),
            ingest=IngestOptions(spool_dir=f"{home}/spool"),
        )
        with LocalCloud(settings.home).running():
            resources = build_resources(settings)
            resources["gcs"].ensure_bucket()
            yield resources
