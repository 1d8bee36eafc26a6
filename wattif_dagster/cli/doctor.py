"""wattif doctor: what is missing before WattIf can run, and the commands that mend it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from wattif_dagster.cli.commands import UI_PORT
from wattif_dagster.doctor.check import Check, Finding, examine
from wattif_dagster.doctor.google_cloud import google_cloud_checks
from wattif_dagster.doctor.local_cloud import ServiceStatus, check_service, check_ui_port
from wattif_dagster.doctor.machine import (
    check_disk,
    check_packages,
    check_python,
    read_python_range,
    read_requirements,
)
from wattif_dagster.local_cloud.ports import free_ports, is_free
from wattif_dagster.local_cloud.services import SERVICES, find_storage_server
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

STYLES = {"fine": "green", "wrong": "bold red", "not checked": "yellow"}
LOCAL_DATA_BYTES = 2**30
"""Room for the local cloud's data: the demo takes less."""


def run() -> None:
    """Ask every check, print a line for each, and exit with 1 when something is wrong."""
    settings = Settings.load()
    local = settings.target == "local"
    checks = [*_machine_checks(settings)]
    if local:
        checks += _local_checks(settings)
    else:
        checks += google_cloud_checks(
            settings, build_resources(settings)["wattif_cloud"].credentials
        )
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(check.name) for check in checks)
    verdicts = Counter[str]()
    for finding in examine(checks):
        verdicts[finding.verdict] += 1
        _print(console, finding, width)
    counted = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in STYLES)
    where = "the local cloud" if local else f"project {settings.project}"
    console.print(f"{len(checks)} checks of {where}: {counted}.")
    if verdicts["wrong"]:
        click.get_current_context().exit(1)


def _machine_checks(settings: Settings) -> Iterator[Check]:
    ingest = build_resources(settings)["wattif_ingest"]
    spool = Path(ingest.spool_dir)
    extra = "local" if settings.target == "local" else ""
    yield Check("Python", lambda: check_python(read_python_range()))
    yield Check("packages", lambda: check_packages(read_requirements(extra), extra))
    yield Check("spool", lambda: check_disk(spool, ingest.spool_budget, "WATTIF_INGEST__SPOOL_DIR"))


def _local_checks(settings: Settings) -> Iterator[Check]:
    @cache
    def find_statuses() -> Sequence[ServiceStatus]:
        from wattif_dagster.local_cloud.supervisor import LocalCloud  # refuses without its packages

        return LocalCloud(settings.home).status()

    def find_free() -> int:
        return free_ports({"ui": None})["ui"]

    yield Check("data", lambda: check_disk(settings.home, LOCAL_DATA_BYTES, "WATTIF_HOME"))
    yield Check("storage server", lambda: str(find_storage_server()))
    for service in SERVICES:
        name = service.name
        yield Check(name, lambda name=name: check_service(find_statuses(), name))
    yield Check("UI", lambda: check_ui_port(UI_PORT, is_free, find_free))


def _print(console: Console, finding: Finding, width: int) -> None:
    """Print a line for the finding, and below it the command that mends it."""
    verdict = (finding.verdict, STYLES[finding.verdict])
    gap = ": " if finding.verdict == "not checked" else "  "
    console.print(Text.assemble(f"{finding.name:{width}}  ", verdict, f"{gap}{finding.text}"))
    if finding.command:
        console.print(Text(f"{'':{width}}  {finding.command}"))
