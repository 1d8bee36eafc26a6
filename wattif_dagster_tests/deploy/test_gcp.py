"""deploy/gcp agrees with the package and its documents."""

import re
from typing import TypeAlias

from wattif_dagster.definitions import build_defs
from wattif_dagster.deploy.tables import render_tables_json
from wattif_dagster.doctor.bigquery import EDITOR
from wattif_dagster.doctor.cloud_storage import BUCKET_ROLES
from wattif_dagster.doctor.resource_manager import PROJECT_ROLES
from wattif_dagster.doctor.service_usage import list_needed_apis
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.layout import FLEET_NAME, registry_prefix, report_name
from wattif_dagster.settings import Settings
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.runs import day, make_resources
from wattif_dagster_tests.support.terraform import Module
from wattif_dagster_tests.support.whole_day import make_whole_day

FOLDER = ROOT / "deploy/gcp"
DOCUMENT = ROOT / "docs/google-cloud.md"

Grants: TypeAlias = set[tuple[str, str]]
"""Roles, each with the kind of Terraform resource that grants it."""

ROLE = re.compile(r"roles/[\w.]+")
KINDS = {
    "bucket": "google_storage_bucket_iam_member",
    "dataset": "google_bigquery_dataset_iam_member",
    "project": "google_project_iam_member",
}
CONTAINED = ("roles/storage.objectViewer", KINDS["bucket"])
"""roles/storage.objectAdmin contains it. It is for accounts that only read."""


def test_tables_are_those_of_the_package():
    assert (FOLDER / "tables.json").read_text("utf-8") == render_tables_json(), (
        "run `python -m wattif_dagster.deploy.tables > deploy/gcp/tables.json`"
    )


def read_grants(member: str) -> Grants:
    """What the resources of that name grant."""
    return {
        (role, address.partition(".")[0])
        for address, body in Module(FOLDER, {}).resources.items()
        if address.endswith(f"_iam_member.{member}")
        for role in ROLE.findall(f"{body.get('for_each')} {body['role']}")
    }


def read_documented_grants() -> Grants:
    """What the document's table of rights asks for."""
    text = DOCUMENT.read_text()
    rows = re.findall(r"^\|.*\| `(roles/[\w.]+)` \| the (\w+)", text, re.MULTILINE)
    return {(role, KINDS[on]) for role, on in rows}


def test_roles_are_the_documented_ones():
    assert read_grants("wattif") == read_documented_grants() - {CONTAINED}
    assert read_grants("dataplex") == {("roles/bigquery.dataEditor", KINDS["dataset"])}
    assert read_grants("kubernetes") == {
        ("roles/iam.workloadIdentityUser", "google_service_account_iam_member")
    }


def test_doctor_checks_the_documented_roles():
    checked = {
        *((role, KINDS["project"]) for role in PROJECT_ROLES),
        *((role, KINDS["bucket"]) for role in BUCKET_ROLES),
        (EDITOR, KINDS["dataset"]),
    }
    assert checked == read_documented_grants() - {CONTAINED}


FOR_TERRAFORM = {
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "serviceusage.googleapis.com",
}
"""Terraform itself asks these."""


def test_apis_are_those_that_the_doctor_checks():
    enabled = re.findall(r'"(\w+\.googleapis\.com)"', (FOLDER / "services.tf").read_text())
    assert set(list_needed_apis("impersonation")) < set(enabled)
    assert set(enabled) - set(list_needed_apis("impersonation")) == FOR_TERRAFORM


def test_roles_of_every_asset_are_documented():
    table = DOCUMENT.read_text().split("| assets |", 1)[1].split("\n\n", 1)[0]
    defs = build_defs(Settings(scan=ScanOptions(preview=True)))
    assets = {key.path[-1] for key in defs.resolve_asset_graph().materializable_asset_keys}
    assert set(re.findall(r"`(\w+)`", table)) == assets


def test_everything_but_the_registry_ages(settings: Settings):
    aged = tuple(re.findall(r'"([\w/]*dt=)"', (FOLDER / "storage.tf").read_text()))
    resources = make_resources(settings)
    gcs = resources["wattif_gcs"]
    claim_bucket(gcs, settings.simulation)
    make_whole_day(resources, day(1), str(settings.home / "spool"))
    gcs.write(report_name(day(1)), b"page")
    names = {item.name for item in gcs.list("")}
    kept = {name for name in names if not name.startswith(aged)}
    assert kept == {FLEET_NAME, *(item.name for item in gcs.list(registry_prefix(day(1))))}
    assert all(any(name.startswith(prefix) for name in names) for prefix in aged)
