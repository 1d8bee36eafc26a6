"""The code of docs/embedding.md runs, and its dagster.yaml has the limits that WattIf needs."""

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml
from dagster import AssetKey, Definitions, multiprocess_executor

from wattif_dagster import keys
from wattif_dagster.daily_asset import HISTORY_TAG
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.project import ROOT

PAGE = (ROOT / "docs/embedding.md").read_text()


def read_block(language: str) -> str:
    """The page's only block of code in this language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return block


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the code of the page defines."""
    defined: dict[str, Any] = {"__name__": "embedding"}
    exec(compile(read_block("python"), "docs/embedding.md", "exec"), defined)
    return defined


def test_code_of_the_page_gives_loadable_definitions(names: dict[str, Any]):
    defs = names["defs"]
    Definitions.validate_loadable(defs)
    assert defs.executor is multiprocess_executor
    graph = defs.resolve_asset_graph()
    assert graph.get(AssetKey("hours_report")).parent_keys == {keys.HOURLY_CONSUMPTION}


def test_code_of_the_page_replaces_one_resource(names: dict[str, Any]):
    resources = names["defs"].resources
    assert resources["wattif_dataplex"] is names["patient"]
    assert resources.keys() == build_resources(Settings()).keys()
    assert all(key.startswith("wattif_") for key in resources)


def test_names_on_the_page_are_all_that_may_collide(names: dict[str, Any]):
    repository = names["defs"].get_repository_def()
    jobs = {name for name in repository.job_names if not name.startswith("__")}
    sensors = {sensor.name for sensor in repository.sensor_defs}
    schedules = {schedule.name for schedule in repository.schedule_defs}
    assert jobs == schedules == {"daily", "gaps"}
    ours = {"alert_notifications", "landed_days"}
    assert sensors - {"default_automation_condition_sensor"} == ours
    for name in jobs | ours:
        assert f"`{name}`" in PAGE


def test_limits_of_the_page_are_those_of_our_dagster_yaml():
    ours = yaml.safe_load((files("wattif_dagster") / "dagster.yaml").read_text())
    assert yaml.safe_load(read_block("yaml"))["concurrency"] == ours["concurrency"]
    assert ours["concurrency"]["runs"]["tag_concurrency_limits"][0]["key"] == HISTORY_TAG
    assert f"`{keys.SCAN_POOL}`" in PAGE
