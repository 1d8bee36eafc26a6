"""A local cloud of the benchmark's own, and resources on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions


@contextmanager
def local_resources() -> Iterator[Resources]:
    """Resources with a fresh bucket and dataset; everything is gone afterwards."""
    with TemporaryDirectory(prefix="wattif-bench-") as home, LocalCloud(Path(home)).running():
        resources = resources_below(Path(home))
        resources["wattif_gcs"].ensure_bucket()
        yield resources


def resources_below(home: Path) -> Resources:
    """Resources on the cloud that runs there; their spool is there too."""
    ingest = IngestOptions(spool_dir=str(home / "spool"))
    return build_resources(Settings.load(target="local", home=home, ingest=ingest))
