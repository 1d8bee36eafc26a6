"""A bucket, and files imported into it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.report import ImportReport
from wattif_dagster.importing.run import Import, import_files
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions

ImportTexts = Callable[..., ImportReport]


@pytest.fixture
def gcs(settings: Settings) -> GcsTransferManager:
    gcs = build_resources(settings)["wattif_gcs"]
    gcs.ensure_bucket()
    return gcs


@pytest.fixture
def import_texts(gcs: GcsTransferManager, tmp_path: Path) -> ImportTexts:
    """Imports texts as files, in their order; `store=None` makes it a dry run."""

    def run(*texts: str | bytes, store: object = gcs, ingest: object = None, **options: object):
        files: list[Path] = []
        for number, text in enumerate(texts):
            files.append(tmp_path / f"{number}.txt")
            files[-1].write_bytes(text.encode() if isinstance(text, str) else text)
        spool = IngestOptions(**{"spool_dir": str(tmp_path / "spool"), **(ingest or {})})  # type: ignore[dict-item]
        job = Import(
            files,
            ImportOptions(**options),  # type: ignore[arg-type]
            spool,
            None,
            Monitor(),
            lambda *_: None,
        )
        return import_files(store, job)  # type: ignore[arg-type]

    return run
