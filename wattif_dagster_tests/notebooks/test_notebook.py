"""The notebook: as it is committed, and executed in its own kernel on the local cloud."""

import base64
import json
import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from google.api_core import exceptions as gexc
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from wattif_dagster.errors import UserError
from wattif_dagster.metering.anomalies.labels import label_rows
from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Endpoints, Settings

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "Smart_Meter_Anomaly_Detection.ipynb"
CELL_TIMEOUT_SECONDS = 300
PLOTS = {"meter", "fleet-plot", "flagged", "truth"}
MAX_BYTES = 500_000
LOCAL_NAME = re.compile(r"(?<![\w.:/])/(?!/)\w+/|[A-Za-z]:\\|127\.0\.0\.1|localhost|ipykernel_")
"""An absolute path, or an address of this machine."""

QUESTION = """
import json

before = hourly(one["serial"]).index < one["starts_at"]
withheld = true_kw(one["serial"]) - hourly(one["serial"]).to_numpy()
print(json.dumps({
    "simulation": settings.simulation.model_dump(),
    "last_day": str(last_day),
    "agree": [day.agrees for day in reconciled],
    "fleet_rules": {rule.name: rule.passed for rule in fleet_result.rules},
    "meter_rules": {rule.name: rule.passed for rule in meter_result.rules},
    "unusual": [
        [row["metric"], str(row["time"].date()), row["time"].hour]
        for row in bigquery.rows(unusual.failing_rows_query)
    ],
    "truth": dict(zip(truth["serial"], truth["kind"])),
    "flagged": flagged["serial"].tolist(),
    "found": found["kind"].tolist(),
    "withheld_kwh": [float(withheld[before].max()), float(withheld[~before].sum())],
}))
"""


@pytest.fixture
def notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def find_cell(notebook: NotebookNode, name: str) -> NotebookNode:
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


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
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    question = nbformat.v4.new_code_cell(QUESTION)
    notebook.cells.insert(notebook.cells.index(find_cell(notebook, "cleanup")), question)
    client = NotebookClient(
        notebook, timeout=CELL_TIMEOUT_SECONDS, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()

    assert set(read_plots(notebook)) == PLOTS
    streams = [o.name for c in notebook.cells for o in c.get("outputs", []) if "name" in o]
    assert set(streams) == {"stdout"}  # no warning either
    assert_found(json.loads(question.outputs[0].text))
    settings = Settings(home=local_cloud_home)
    assert_nothing_is_left(build_resources(settings), f"{settings.project}-notebook")


def assert_found(answer: dict[str, Any]) -> None:
    simulation = Simulation(**answer["simulation"])
    last_day = date.fromisoformat(answer["last_day"])
    labels = label_rows(simulation, last_day, first_fleet(simulation).serials)
    assert answer["truth"] == {label["serial"]: label["kind"] for label in labels}
    assert len(answer["agree"]) == (last_day - simulation.first_day).days + 1
    assert all(answer["agree"])

    assert not answer["fleet_rules"]["few-unusual-hours"]
    assert answer["fleet_rules"]["day-complete"]
    hours = {tuple(row) for row in answer["unusual"]}
    start = simulation.incident_start_hour
    surge = range(start, start + simulation.incident_hours)
    assert hours >= {("AVG", simulation.incident_date, hour) for hour in surge}

    assert answer["meter_rules"]["hours-complete"]
    assert not answer["meter_rules"]["no-broken-rule"]
    assert len(answer["flagged"]) < simulation.meters / 2
    assert {"F1", "F9"} <= set(answer["found"])
    before, since = answer["withheld_kwh"]
    assert abs(before) < 0.001
    assert since > 0.5


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
