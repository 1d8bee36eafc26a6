"""A local cloud for one benchmark, and resources on it."""

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
    """Resources with an empty bucket and dataset. Everything is removed afterwards."""
    with TemporaryDirectory(prefix="wattif-bench-") as home, LocalCloud(Path(home)).running():
        resources = resources_below(Path(home))
        resources["wattif_gcs"].ensure_bucket()
        yield resources


def resources_below(home: Path) -> Resources:
    """Resources on the cloud that runs in this home, with their spool there too."""
    ingest = IngestOptions(spool_dir=str(home / "spool"))
    return build_resources(Settings.load(target="local", home=home, ingest=ingest))
