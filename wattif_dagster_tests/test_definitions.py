"""The code location: built from settings, with resources that may be replaced."""

import json
import os
import shutil
import subprocess
import sys
import threading
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import (
    AssetExecutionContext,
    DagsterInstance,
    Definitions,
    GraphDefinition,
    OpDefinition,
    ResourceDefinition,
    asset,
    in_process_executor,
    materialize,
    multiprocess_executor,
)

from wattif_dagster import keys
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.definitions import build_defs, defs
from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster_tests.support.instances import open_instance
from wattif_dagster_tests.support.runs import day, make_resources, run_day
from wattif_dagster_tests.support.settings import settings_on
from wattif_dagster_tests.support.wait import wait_until

ROOT = Path(__file__).parents[1]
LANDED = [keys.METER_REGISTRY, keys.RAW_READINGS]


def find_partitions(made: Definitions) -> list[str]:
    partitions = made.resolve_asset_graph().get(keys.RAW_READINGS).partitions_def
    assert partitions
    return list(partitions.get_partition_keys()[:2])


def test_definitions_are_new_each_time():
    assert build_defs(Settings()) is not build_defs(Settings())


def test_another_start_date_gives_other_partitions():
    settings = Settings(simulation=Simulation(start_date="2025-03-01"))
    assert find_partitions(build_defs(settings)) == ["2025-03-01", "2025-03-02"]
    assert find_partitions(build_defs(Settings())) == ["2024-01-01", "2024-01-02"]


def test_another_rules_file_gives_other_checks(tmp_path: Path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{name: my-rule, column: value, nonNullExpectation: {}}]")
    settings = Settings(scan=ScanOptions(rules=str(rules)))
    checks = read_graph(build_defs(settings)).checks
    assert [check.name for check in checks[keys.ANOMALY_SCAN_RESULTS]] == ["my_rule"]
    assert len(checks[keys.METER_SCAN_RESULTS]) == 8


def test_suspended_rule_is_no_check(tmp_path: Path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules: [{name: a, column: value, nonNullExpectation: {}, suspended: true},"
        " {name: b, column: value, nonNullExpectation: {}}]"
    )
    checks = read_graph(build_defs(Settings(scan=ScanOptions(rules=str(rules))))).checks
    assert [check.name for check in checks[keys.ANOMALY_SCAN_RESULTS]] == ["b"]


def test_bad_rules_file_is_refused_when_definitions_are_built(tmp_path: Path):
    settings = Settings(scan=ScanOptions(meter_rules=str(tmp_path / "none.yaml")))
    with pytest.raises(UserError, match=r"none\.yaml cannot be read") as caught:
        build_defs(settings)
    assert "\n" not in str(caught.value)


def test_resource_is_replaced_by_its_key():
    mine = build_resources(Settings(bucket="mine"))["wattif_gcs"]
    resources = build_defs(Settings(), {"wattif_gcs": mine}).resources
    assert resources is not None
    assert resources["wattif_gcs"] is mine
    assert resources.keys() == build_resources(Settings()).keys()


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("wattif_gsc", r"There is no resource wattif_gsc\. Did you mean wattif_gcs\?"),
        ("gcs", r"There is no resource gcs\. (Did you mean|The keys are) .*wattif_gcs"),
    ],
)
def test_unknown_resource_is_refused_with_the_nearest_key(key: str, hint: str):
    with pytest.raises(UserError, match=hint):
        build_defs(Settings(), {key: build_resources(Settings())["wattif_gcs"]})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("wattif_gcs", {}, r"wattif_gcs must be of the type GcsTransferManager, not dict\."),
        ("wattif_stop", True, r"wattif_stop must be of the type Event, not bool\."),
        (
            "wattif_bigquery",
            build_resources(Settings())["wattif_gcs"],
            r"must be of the type BigQueryWarehouse, not GcsTransferManager\.",
        ),
    ],
)
def test_resource_of_a_wrong_type_is_refused(key: str, value: object, message: str):
    with pytest.raises(UserError, match=message):
        build_defs(Settings(), {key: value})


def test_subclass_of_a_resource_is_accepted():
    class MyGcs(GcsTransferManager):
        """A storage of the user's own."""

    cloud = build_resources(Settings())["wattif_cloud"]
    build_defs(Settings(), {"wattif_gcs": MyGcs(cloud=cloud, bucket="mine")})


def test_definitions_merge_with_those_of_another_project():
    """That project has an executor and resources of its own, under the usual keys."""

    @asset(required_resource_keys={"gcs", "bigquery"})
    def report() -> None:
        """An asset of the other project."""

    theirs = {
        key: ResourceDefinition.hardcoded_resource(key) for key in ("gcs", "bigquery", "dataplex")
    }
    assert all(key.startswith("wattif_") for key in build_resources(Settings()))
    merged = Definitions.merge(
        build_defs(Settings()),
        Definitions(assets=[report], resources=theirs, executor=multiprocess_executor),
    )
    Definitions.validate_loadable(merged)
    assert merged.executor is multiprocess_executor
    assert report.key in merged.resolve_all_asset_keys()
    assert merged.resolve_job_def("daily").executor_def is multiprocess_executor


def test_two_fleets_in_one_process_do_not_see_each_other(local_cloud: Endpoints, tmp_path: Path):
    fleets = {
        meters: settings_on(
            local_cloud, tmp_path / str(meters), Simulation(meters=meters, interval_seconds=1800)
        )
        for meters in (3, 4)
    }
    for settings in fleets.values():
        make_resources(settings)
    with (
        open_instance(tmp_path / "instance3") as three,
        open_instance(tmp_path / "instance4") as four,
    ):
        made = {
            meters: run_day(fleets[meters], instance, LANDED, day(1))
            for meters, instance in ((3, three), (4, four))
        }
        for meters, run in made.items():
            assert run.success, run.failures()
            assert run.metadata(keys.METER_REGISTRY)["meters"] == meters
            assert run.metadata(keys.RAW_READINGS)["dagster/partition_row_count"] == meters * 48
            assert len(run.instance.get_runs()) == 1
        uris = {run.metadata(keys.RAW_READINGS)["dagster/uri"] for run in made.values()}
        assert len(uris) == 2


def test_stop_of_one_fleet_does_not_stop_another(local_cloud: Endpoints, tmp_path: Path):
    simulation = Simulation(meters=3, interval_seconds=1800)
    one = settings_on(local_cloud, tmp_path / "one", simulation)
    other = settings_on(local_cloud, tmp_path / "other", simulation)
    for settings in (one, other):
        make_resources(settings)
    stop = threading.Event()
    stop.set()
    with open_instance(tmp_path / "instance") as instance:
        stopped = run_day(one, instance, [keys.METER_REGISTRY], day(1), {"wattif_stop": stop})
        assert stopped.partitions(keys.METER_REGISTRY) == []
        assert run_day(other, instance, [keys.METER_REGISTRY], day(1)).success


IMPORT_ALL = """
import importlib, pkgutil, wattif_dagster
for found in pkgutil.walk_packages(wattif_dagster.__path__, "wattif_dagster."):
    if not {"__main__", "celery_app"} & {*found.name.split(".")}:
        importlib.import_module(found.name)
"""


def run_python(code: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_module_reads_the_environment_when_imported(tmp_path: Path):
    """Except programs, which are run."""
    imported = run_python(IMPORT_ALL, tmp_path, WATTIF_TARGET="nonsense")
    assert imported.returncode == 0, imported.stderr


def test_bad_setting_is_one_user_error_when_building(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WATTIF_TARGET", "nonsense")
    for build in (build_defs, defs):
        with pytest.raises(UserError, match="WATTIF_TARGET"):
            build()
    assert build_defs(Settings(target="local"))


@pytest.mark.parametrize(("shards", "kind"), [(1, OpDefinition), (2, GraphDefinition)])
def test_readings_are_one_step_without_shards(shards: int, kind: type):
    made = build_defs(Settings(ingest=IngestOptions(shards=shards)))
    node = made.resolve_asset_graph().get(keys.RAW_READINGS).assets_def.node_def
    assert isinstance(node, kind)


def test_steps_share_a_process():
    assert defs().executor is in_process_executor


@pytest.mark.parametrize("setting", ["in_process", "multiprocess", "celery", "k8s"])
def test_steps_run_where_the_setting_says(monkeypatch: pytest.MonkeyPatch, setting: str):
    monkeypatch.setenv("WATTIF_STEP_EXECUTOR", setting)
    assert defs().resolve_job_def("daily").executor_def.name == setting


def test_pyproject_and_workspace_name_the_same_definitions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    (location,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    module = location["python_module"]["module_name"]
    assert project["dagster"] == location["python_module"] == {"module_name": module}
    assert project["dg"]["directory_type"] == "project"
    assert project["dg"]["project"]["code_location_target_module"] == module
    assert module.startswith(project["dg"]["project"]["root_module"] + ".")
    assert isinstance(import_module(module).defs(), Definitions)


def test_dg_lists_the_definitions(tmp_path: Path):
    """Dagster's command for projects finds them by pyproject.toml."""
    dg = shutil.which("dg", path=str(Path(sys.executable).parent))
    if dg is None:
        pytest.skip("needs dagster-dg-cli")
    variables = {"PYTHONPATH": str(ROOT), "DAGSTER_HOME": str(tmp_path)}
    listed = subprocess.run(
        [dg, "list", "defs", "--json"],
        env={**os.environ, **variables, "PATH": f"{Path(dg).parent}:{os.environ['PATH']}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    found = json.loads(listed.stdout)
    assets = {each["asset_key"] for each in found["assets"]}
    assert assets == {key.to_user_string() for key in read_graph(build_defs(Settings())).parents}
    assert {each["name"] for each in found["jobs"]} == {"daily", "gaps"}
    sensors = {each["name"] for each in found["sensors"]}
    assert sensors == {"alert_notifications", "landed_days"}


@pytest.fixture
def project_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DagsterInstance:
    """An instance of the project's dagster.yaml."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    home = ensure_dagster_home(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(home))  # so that it is unset after the test
    return DagsterInstance.from_config(str(home))


def test_scan_waits_for_the_scan_of_another_run(project_instance: DagsterInstance):
    scanned: list[str] = []

    @asset(pool=keys.SCAN_POOL)
    def scans(context: AssetExecutionContext) -> None:
        scanned.append(context.run.run_id)

    storage = project_instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(keys.SCAN_POOL)
    assert storage.claim_concurrency_slot(keys.SCAN_POOL, "another-run", "scan").is_claimed

    results: list[Any] = []
    run = threading.Thread(
        target=lambda: results.append(materialize([scans], instance=project_instance))
    )
    run.start()
    try:
        wait_until(
            lambda: storage.get_concurrency_info(keys.SCAN_POOL).pending_step_count == 1,
            "the step did not ask for a slot",
        )
        assert scanned == []
    finally:
        storage.free_concurrency_slot_for_step("another-run", "scan")
        run.join()
    assert results[0].success
    assert len(scanned) == 1
