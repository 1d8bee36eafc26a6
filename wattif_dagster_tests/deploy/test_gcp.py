"""deploy/gcp as far as it can be tried without the provider: that it says what the package says."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import TypeAlias

import hcl2
import pytest

from wattif_dagster.definitions import ASSETS
from wattif_dagster.defs.anomaly_preview_results.asset import anomaly_preview_results
from wattif_dagster.deploy.tables import tables_json
from wattif_dagster.ingest.layout import (
    day_prefix,
    labels_prefix,
    manifest_name,
    registry_prefix,
)
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.dagster_processes.conftest import ROOT

FOLDER = ROOT / "deploy/gcp"
FILES = sorted(FOLDER.glob("*.tf"))
ALL_ASSETS = [*ASSETS, anomaly_preview_results]

Grants: TypeAlias = set[tuple[str, str]]
"""Roles, and the kinds of resource that grant them."""

ROLE = re.compile(r"roles/[\w.]+")
KINDS = {
    "bucket": "google_storage_bucket_iam_member",
    "dataset": "google_bigquery_dataset_iam_member",
    "project": "google_project_iam_member",
}
CONTAINED = ("roles/storage.objectViewer", KINDS["bucket"])
"""In storage.objectAdmin; it is for an account that only reads."""


def test_the_tables_are_those_of_the_package():
    assert (FOLDER / "tables.json").read_text("utf-8") == tables_json(), (
        "run `python -m wattif_dagster.deploy.tables > deploy/gcp/tables.json`"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_each_file_is_terraform(file: Path):
    with file.open() as source:
        assert hcl2.load(source)


def granted_to(member: str) -> Grants:
    """By accounts.tf, to whom the blocks of that name are for."""
    grants: Grants = set()
    with (FOLDER / "accounts.tf").open() as source:
        resources = hcl2.load(source)["resource"]
    for resource in resources:
        ((kind, blocks),) = resource.items()
        for name, block in blocks.items():
            said = f"{block.get('for_each')} {block.get('role')}"
            if name.strip('"') == member:
                grants |= {(role, kind.strip('"')) for role in ROLE.findall(said)}
    return grants


def documented() -> Grants:
    """By the table of rights. The dataset is made by Terraform."""
    text = (ROOT / "docs/google-cloud.md").read_text()
    rows = re.findall(r"^\|.*\| `(roles/[\w.]+)` \| the (\w+)", text, re.MULTILINE)
    return {(role, KINDS[on]) for role, on in rows}


def test_the_roles_are_the_documented_ones_and_no_wider():
    assert granted_to("wattif") == documented() - {CONTAINED}
    assert granted_to("dataplex") == {("roles/bigquery.dataEditor", KINDS["dataset"])}
    assert granted_to("kubernetes") == {
        ("roles/iam.workloadIdentityUser", "google_service_account_iam_member")
    }


def test_every_asset_has_its_roles_documented():
    text = (ROOT / "docs/google-cloud.md").read_text()
    table = text[text.index("| assets |") : text.index("What stands for what")]
    assert set(re.findall(r"`(\w+)`", table)) == {asset.key.path[-1] for asset in ALL_ASSETS}


def test_what_ages_is_a_day_and_never_the_registry():
    aged = tuple(re.findall(r'"([\w/]*dt=)"', (FOLDER / "storage.tf").read_text()))
    for name in (day_prefix(day(1)), labels_prefix(day(1)), manifest_name(day(1))):
        assert name.startswith(aged), name
    assert not registry_prefix(day(1)).startswith(aged)


def test_it_is_formatted():
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("needs terraform on PATH")
    checked = subprocess.run(
        [terraform, f"-chdir={FOLDER}", "fmt", "-check", "-diff"],
        env={"TF_CLI_CONFIG_FILE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
