"""The tutorial of docs/import.md, command by command: from a CSV to alerts and pictures."""

import re
import shlex
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from dagster import AssetRecordsFilter, DagsterInstance, MarkdownMetadataValue

from wattif_dagster import keys, schemas
from wattif_dagster.importing.example import SILENT_HOME, SILENT_SINCE
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.settings import read_env_file

LAST = date(2024, 1, 16)


def read_commands() -> list[list[str]]:
    """The commands of the first code block."""
    (block, *_) = re.findall(r"```\n(.*?)```", (ROOT / "docs/import.md").read_text(), re.DOTALL)
    return [shlex.split(line) for line in block.splitlines()]


@pytest.mark.slow
def test_tutorial_leads_to_alerts_and_pictures(
    wattif: Run,
    settings: Settings,
    local_cloud: Endpoints,
    local_cloud_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert local_cloud.gcs
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_bytes((files("wattif_dagster") / "dagster.yaml").read_bytes())
    homes = {
        "WATTIF_HOME": str(local_cloud_home),
        "DAGSTER_HOME": str(home),
        "WATTIF_SCAN__SCAN_ID": str(settings.scan.scan_id),
        "WATTIF_SCAN__METER_SCAN_ID": str(settings.scan.meter_scan_id),
    }
    commands = read_commands()
    assert len(commands) == 5
    with read_env_file(tmp_path / ".env"):
        for name, *words in commands:
            if name == "printf":
                text, _, target = words
                (tmp_path / target).write_text(text.encode().decode("unicode_escape"))
                continue
            done = wattif(*words, **homes)
            assert done.returncode == 0, done.stderr
    bigquery = build_resources(settings.model_copy(update={"home": local_cloud_home}))[
        "wattif_bigquery"
    ]
    alerts = bigquery.day_rows(schemas.ANOMALY_ALERTS, LAST, "serial")
    silent = [row for row in alerts if row["serial"] == f"HOME-{SILENT_HOME:02}"]
    assert len(silent) == 1
    assert silent[0]["opened_on"] > SILENT_SINCE
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with DagsterInstance.get() as instance:
        wanted = AssetRecordsFilter(asset_key=keys.ANOMALY_SCORES, asset_partitions=[str(LAST)])
        (record,) = instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization
    plot = record.asset_materialization.metadata["plot"]
    assert isinstance(plot, MarkdownMetadataValue)
    assert "data:image/png" in str(plot.md_str)
