"""The project of docs/dataplex-component.md, run by `dg` on the local cloud."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterEventType, DagsterInstance

from wattif_dagster.resources.build import build_resources
from wattif_dagster.scans.component import DataplexScanComponent
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.project import BIN, ROOT
from wattif_dagster_tests.support.wait import PATIENCE_SECONDS

PAGE = (ROOT / "docs/dataplex-component.md").read_text()
KEY = AssetKey(["orders_scan"])


@pytest.fixture
def project(settings: Settings, tmp_path: Path) -> Path:
    """The page's project, beside a table of two orders, one of them wrong."""
    folder = tmp_path / "shop"
    (toml,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    files = {"pyproject.toml": toml, "shop/__init__.py": "", "shop/defs/__init__.py": ""}
    blocks = re.findall(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    files |= dict(blocks)
    table = f"{settings.project}.{settings.dataset}.orders"
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            text.replace("wattif-local.shop.orders", table).replace(
                "endpoints.json", str(settings.endpoints_file)
            )
        )
    (folder / "dagster_home").mkdir()
    bigquery = build_resources(settings)["wattif_bigquery"]
    bigquery.client.create_dataset(bigquery.dataset_ref)
    bigquery.execute(
        f"CREATE TABLE `{table}` AS SELECT 'a' AS customer, 1.5 AS amount "
        "UNION ALL SELECT 'b', -1.0"
    )
    return folder


def run(folder: Path, *words: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WATTIF_")},
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        "DAGSTER_HOME": str(folder / "dagster_home"),
        "VIRTUAL_ENV": str(BIN.parent),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(
        [BIN / words[0], *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.own_sql
def test_project_of_the_page_scans_its_table(project: Path):
    assert "DataplexScanComponent" in run(project, "dg", "list", "components")
    run(project, "dg", "check", "defs")
    run(project, "dg", "launch", "--assets", "orders_scan")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(project / "dagster_home"))
        with DagsterInstance.get() as instance:
            (made,) = instance.fetch_materializations(KEY, limit=10).records
            (run_record,) = instance.get_run_records()
            logs = instance.all_logs(
                run_record.dagster_run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
            )
    assert made.asset_materialization
    assert made.asset_materialization.metadata["rows_scanned"].value == 2
    checks = [log.get_dagster_event().asset_check_evaluation_data for log in logs]
    assert {check.check_name: check.passed for check in checks} == {
        "amount_is_positive": False,
        "customer_is_known": True,
    }


def test_attributes_of_the_page_are_those_of_the_component():
    documented = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    fields = DataplexScanComponent.model_fields
    assert documented == [(name, field.description) for name, field in fields.items()]
