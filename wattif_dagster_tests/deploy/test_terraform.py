"""deploy/gcp is valid Terraform, as far as this can be told without the providers."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.terraform import Module

FOLDER = ROOT / "deploy/gcp"
SCHEMAS = yaml.safe_load(Path(__file__).with_name("provider_schema.yaml").read_text())
NO_REGISTRY = "could not connect to registry.terraform.io"

FIRST = "google_project_service.first"
USED = "google_project_service.used"
IDENTITY = "google_project_service_identity.dataplex"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "gcp"))


@pytest.fixture(scope="module")
def module() -> Module:
    return Module(FOLDER, SCHEMAS)


def run_terraform(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("needs terraform on PATH")
    return subprocess.run(
        [terraform, f"-chdir={folder}", *words, "-no-color"],
        env={"TF_CLI_CONFIG_FILE": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_arguments_and_references_are_known(module: Module):
    assert module.find_faults() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "faults"),
    [
        (
            "storage.tf",
            "force_destroy ",
            "force_destry ",
            ["google_storage_bucket.readings: force_destry is no argument"],
        ),
        (
            "storage.tf",
            "      age = 1\n",
            "      days = 1\n",
            ["google_storage_bucket.readings.lifecycle_rule.condition: days is no argument"],
        ),
        (
            "storage.tf",
            '        type = "Delete"\n',
            "",
            ["google_storage_bucket.readings.lifecycle_rule.action: type is missing"],
        ),
        (
            "bigquery.tf",
            "  table_id    = each.key\n",
            "",
            ["google_bigquery_table.wattif: table_id is missing"],
        ),
        (
            "bigquery.tf",
            "  time_partitioning {",
            "  time_partition {",
            ["google_bigquery_table.wattif: time_partition is no argument"],
        ),
        (
            "services.tf",
            "  provider = google-beta\n",
            "",
            [f"{IDENTITY}: the provider google does not have this resource"],
        ),
        ("bigquery.tf", "var.location", "var.region", ["var.region is declared nowhere"]),
        ("bigquery.tf", "local.expiration", "local.age", ["local.age is declared nowhere"]),
        (
            "outputs.tf",
            "google_service_account.wattif.email",
            "google_service_account.wattf.email",
            ["google_service_account.wattf.email is declared nowhere"],
        ),
        (
            "outputs.tf",
            "google_service_account.wattif.email",
            '"mailto:${google_service_account.wattif.mail}"',
            ["google_service_account.wattif.mail is declared nowhere"],
        ),
        ("storage.tf", "lifecycle_rule.value", "rule.value", ["rule.value is declared nowhere"]),
    ],
)
def test_fault_is_found(copied: Path, file: str, old: str, new: str, faults: list[str]):
    text = (copied / file).read_text()
    assert old in text
    (copied / file).write_text(text.replace(old, new))
    assert sorted(set(Module(copied, SCHEMAS).find_faults())) == faults


def test_fresh_project_is_set_up_in_order(module: Module):
    assert module.find_dependencies(FIRST) == set()
    for address in module.resources.keys() - {FIRST}:
        assert FIRST in module.find_dependencies(address)
        if address.startswith(("google_bigquery", "google_storage")):
            assert USED in module.find_dependencies(address)
    assert USED in module.find_dependencies(IDENTITY)
    assert IDENTITY in module.find_dependencies("google_bigquery_dataset_iam_member.dataplex")


def test_one_variable_protects_from_deletion(module: Module):
    kept = {
        "google_bigquery_dataset.wattif": {
            "delete_contents_on_destroy": "${!var.deletion_protection}"
        },
        "google_bigquery_table.wattif": {"deletion_protection": "${var.deletion_protection}"},
        "google_storage_bucket.readings": {"force_destroy": "${!var.deletion_protection}"},
    }
    for address, arguments in kept.items():
        assert arguments.items() <= module.resources[address].items()


def test_files_are_formatted():
    checked = run_terraform(FOLDER, "fmt", "-check", "-diff")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_terraform_validates_with_the_providers(copied: Path):
    loaded = run_terraform(copied, "init", "-backend=false")
    if NO_REGISTRY in loaded.stderr.replace("\n", " "):
        pytest.skip("needs the Terraform registry, which has the providers")
    assert loaded.returncode == 0, loaded.stderr
    validated = run_terraform(copied, "validate")
    assert validated.returncode == 0, validated.stderr
