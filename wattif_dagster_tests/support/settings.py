"""Settings: of a project of its own on a local cloud, and from a test's own environment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import BaseModel

from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster.settings.variables import find_variables

GROUPS = [
    f"WATTIF_{name}" for name in ("SOURCE", "SIMULATION", "INGEST", "DETECTION", "SCAN", "ALERTS")
]
"""The variables that set a whole group of options, as JSON."""


def settings_on(local_cloud: Endpoints, home: Path, simulation: Simulation) -> Settings:
    """With a bucket, a dataset and a scan that no other test uses; makes the home."""
    home.mkdir(exist_ok=True)
    (home / "endpoints.json").write_text(local_cloud.model_dump_json())
    unique = uuid4().hex[:12]
    return Settings(
        target="local",
        home=home,
        bucket=f"test-{unique}",
        dataset=f"test_{unique}",
        timezone=simulation.timezone,
        holidays=simulation.holidays,
        simulation=simulation,
        scan=ScanOptions(scan_id=f"test-{unique}", meter_scan_id=f"test-meters-{unique}"),
    )


def list_variables() -> list[str]:
    """Every variable that sets one option. Those of whole groups, as JSON, are left out."""
    return [
        name
        for name, field in find_variables(Settings).items()
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
    ]


@contextmanager
def set_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set the variables within a with block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@contextmanager
def read_env_file(file: Path) -> Iterator[None]:
    """Read the file as `.env` within a with block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Settings.model_config, "env_file", str(file))
        yield


def load_or_refuse(variables: Mapping[str, str] | None = None) -> Settings | str:
    """Load the settings with these variables, or return the sentence that refuses them."""
    with set_environment(variables or {}):
        try:
            return Settings.load()
        except UserError as error:
            return str(error)


def refuse(variables: Mapping[str, str] | None = None) -> str:
    """The sentence that refuses the settings with these variables."""
    refusal = load_or_refuse(variables)
    assert isinstance(refusal, str)
    assert "\n" not in refusal
    assert refusal.endswith((".", "?")), refusal
    return refusal
