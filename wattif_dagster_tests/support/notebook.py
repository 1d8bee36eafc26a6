"""The notebook: executed in a kernel, and asked what it found."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from wattif_dagster.metering.anomalies.labels import label_rows
from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.project import ROOT

NOTEBOOK = ROOT / "notebooks" / "Smart_Meter_Anomaly_Detection.ipynb"
CELL_TIMEOUT_SECONDS = 900

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


def read_notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def find_cell(notebook: NotebookNode, name: str) -> NotebookNode:
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


def execute(
    notebook: NotebookNode, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Execute the notebook in the folder; return the answer to the question before its end."""
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(folder))
    question = nbformat.v4.new_code_cell(QUESTION)
    notebook.cells.insert(notebook.cells.index(find_cell(notebook, "cleanup")), question)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=CELL_TIMEOUT_SECONDS, resources=resources).execute()
    return json.loads(question.outputs[0].text)


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
