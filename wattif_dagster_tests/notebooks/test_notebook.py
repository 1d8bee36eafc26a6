"""The notebook: as it is committed, and executed in its own kernel on the local cloud."""

import base64
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from google.api_core import exceptions as gexc
from nbformat import NotebookNode
from PIL import Image

from wattif_dagster.errors import UserError
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.notebook import (
    NOTEBOOK,
    assert_found,
    execute,
    find_cell,
    read_notebook,
)

PLOTS = {"meter", "fleet-plot", "flagged", "truth"}
MAX_BYTES = 500_000
LOCAL_NAME = re.compile(r"(?<![\w.:/])/(?!/)\w+/|[A-Za-z]:\\|127\.0\.0\.1|localhost|ipykernel_")
"""An absolute path, or an address of this machine."""


@pytest.fixture
def notebook() -> NotebookNode:
    return read_notebook()


def read_plots(notebook: NotebookNode) -> dict[str, Image.Image]:
    """The plot of each cell that shows one."""
    return {
        cell.id: Image.open(BytesIO(base64.b64decode(output.data["image/png"])))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    }


def read_texts(notebook: NotebookNode) -> list[str]:
    """All texts of the notebook, without plots."""
    texts = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            texts += [str(v) for kind, v in output.get("data", {}).items() if "image" not in kind]
    return texts


def test_notebook_is_committed_as_executed(notebook: NotebookNode):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert set(read_plots(notebook)) == PLOTS
    assert NOTEBOOK.stat().st_size < MAX_BYTES


def test_notebook_names_nothing_of_a_machine(notebook: NotebookNode):
    for text in read_texts(notebook):
        assert not LOCAL_NAME.search(text), text
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("set_by", ["variable", "cell"])
def test_one_setting_selects_google_cloud(
    notebook: NotebookNode, set_by: str, monkeypatch: pytest.MonkeyPatch
):
    source = find_cell(notebook, "settings").source
    if set_by == "variable":
        monkeypatch.setenv("WATTIF_TARGET", "gcp")
    else:
        source = source.replace("TARGET = None", 'TARGET = "gcp"')
    names: dict[str, Any] = {}
    exec(source, names)
    settings = names["settings"]
    assert settings.target == "gcp"
    cloud = build_resources(settings)["wattif_cloud"]
    assert cloud.endpoints == Endpoints()
    exec(find_cell(notebook, "settings").source.replace("TARGET = None", 'TARGET = "local"'), names)
    assert names["settings"] == settings.model_copy(update={"target": "local"})


@pytest.mark.slow
@pytest.mark.usefixtures("local_cloud")
def test_notebook_finds_anomalies_and_removes_all(
    notebook: NotebookNode,
    local_cloud_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("WATTIF_HOME", str(local_cloud_home))
    answer = execute(notebook, tmp_path, monkeypatch)
    assert set(read_plots(notebook)) == PLOTS
    streams = [o.name for c in notebook.cells for o in c.get("outputs", []) if "name" in o]
    assert set(streams) == {"stdout"}  # no warning either
    assert_found(answer)
    settings = Settings(home=local_cloud_home)
    assert_nothing_is_left(build_resources(settings), f"{settings.project}-notebook")


def assert_nothing_is_left(resources: Resources, bucket: str) -> None:
    gcs = resources["wattif_gcs"].model_copy(update={"bucket": bucket})
    with pytest.raises(UserError):
        gcs.require_bucket()
    with pytest.raises(gexc.NotFound):
        resources["wattif_bigquery"].client.get_dataset("wattif_notebook")
    scans = resources["wattif_dataplex"]
    assert not [
        scan.name
        for scan in scans.client.list_data_scans(parent=scans.parent)
        if "notebook" in scan.name
    ]
