"""Half of the cores render, up to four threads."""

import os

import pytest

from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions, default_render_workers


@pytest.mark.parametrize(
    ("cores", "workers"), [(1, 1), (2, 1), (3, 1), (4, 2), (7, 3), (8, 4), (64, 4)]
)
def test_half_the_cores_render(cores: int, workers: int) -> None:
    assert default_render_workers(cores) == workers


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs Linux")
@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (6, 3)])
def test_only_cores_of_the_process_count(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert Settings.load(ingest={"compression": "gzip"}).ingest.render_workers == workers
    assert IngestOptions(render_workers=7).render_workers == 7
