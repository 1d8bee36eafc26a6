import tomllib
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import yaml
from dagster import (
    AssetExecutionContext,
    DagsterInstance,
    Definitions,
    asset,
    in_process_executor,
    materialize,
)
from wattif_dagster.assets import raw_readings, sharded_readings

from wattif_dagster import keys
from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.definitions import build_defs, defs
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.assets import specs
from wattif_dagster_tests.dagster_processes.conftest import ROOT, wait_until


def test_the_assets_say_of_themselves_what_was_agreed():
    assert specs.describe(build_defs()) == specs.FILE.read_text("utf-8"), (
        "if the change is wanted, run `python -m wattif_dagster_tests.defs.specs`"
    )


def test_definitions_are_fresh_each_time_and_resources_can_be_replaced():
    assert build_defs() is not build_defs()
    mine = build_resources(Settings(bucket="mine"))["wattif_gcs"]
    resources = build_defs({"gcs": mine}).resources
    assert resources is not None
    assert resources["wattif_gcs"] is mine
    assert resources.keys() == build_resources(Settings()).keys()


@pytest.mark.parametrize(("shards", "asset"), [(1, raw_readings), (2, sharded_readings)])
def test_readings_are_one_step_unless_shards_are_asked_for(shards: int, asset: ModuleType):
    ingest = build_resources(Settings(ingest=IngestOptions(shards=shards)))["wattif_ingest"]
    made = build_defs({"ingest": ingest}).assets or ()
    assert [each for each in made if each.key == keys.RAW_READINGS] == [asset.raw_readings]


def test_steps_share_a_process():
    assert defs.executor is in_process_executor


def test_pyproject_and_workspace_point_to_the_same_definitions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    (location,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    module = location["python_module"]["module_name"]
    assert project["dagster"] == {
        "module_name": module,
        "code_location_name": location["python_module"]["location_name"],
    }
    assert project["dg"]["directory_type"] == "project"
    assert project["dg"]["project"]["code_location_target_module"] == module
    assert module.startswith(project["dg"]["project"]["root_module"] + ".")
    assert isinstance(import_module(module).defs, Definitions)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DagsterInstance:
    """As the project's dagster.yaml has it."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = ensure_dagster_home(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(home))  # so that it is unset after the test
    return DagsterInstance.from_config(str(home))


def test_a_scan_waits_for_the_scan_of_another_run(instance: DagsterInstance):
    scanned: list[str] = []

    @asset(pool=keys.SCAN_POOL)
    def scans(context: AssetExecutionContext) -> None:
        scanned.append(context.run.run_id)

    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(keys.SCAN_POOL)
    assert storage.claim_concurrency_slot(keys.SCAN_POOL, "another-run", "scan").is_claimed

    results: list[Any] = []
    run = Thread(target=lambda: results.append(materialize([scans], instance=instance)))
    run.start()
    try:
        wait_until(
            lambda: storage.get_concurrency_info(keys.SCAN_POOL).pending_step_count == 1,
            "the step did not ask for its turn",
        )
        assert scanned == []
    finally:
        storage.free_concurrency_slot_for_step("another-run", "scan")
        run.join()
    assert results[0].success
    assert len(scanned) == 1
