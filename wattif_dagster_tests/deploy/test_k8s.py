"""deploy/k8s as far as it can be tried without a cluster: by Dagster's own types and server."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInvalidConfigError, DagsterRun, Definitions, validate_run_config
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster._grpc.client import DagsterGrpcClient
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import construct_dagster_k8s_job
from dotenv import dotenv_values
from kubernetes.client import V1PodSpec

from wattif_dagster.backfill import queue
from wattif_dagster.definitions import build_defs
from wattif_dagster.deploy.executors import step_executor
from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.wait import wait_until

VALUES = yaml.safe_load((ROOT / "deploy/k8s/values.yaml").read_text())
SETTINGS = {k: str(v) for k, v in dotenv_values(ROOT / "deploy/k8s/settings.env").items()}
SIZES = {"Mi": 2**20, "Gi": 2**30}
INSTANCES = ["wattif_dagster/dagster.yaml", "deploy/celery/dagster.yaml", "deploy/k8s/values.yaml"]


def snake(name: str) -> str:
    """The name as Dagster's configuration writes it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: "_" + letter[1].lower(), name)


def read_instance(file: str) -> dict[str, Any]:
    """What a deployment's file says of its Dagster instance."""
    values = yaml.safe_load((ROOT / file).read_text())
    return values.get("additionalInstanceConfig", values)


def make_launcher_config() -> dict[str, Any]:
    """What the chart's template makes of the values for the run launcher."""
    config = {snake(k): v for k, v in VALUES["runLauncher"]["config"]["k8sRunLauncher"].items()}
    return {
        **config,
        "env_config_maps": [source["name"] for source in config["env_config_maps"]],
        "run_k8s_config": {snake(k): v for k, v in config["run_k8s_config"].items()},
        "service_account_name": VALUES["global"]["serviceAccountName"],
        "postgres_password_secret": VALUES["global"]["postgresqlSecretName"],
        "instance_config_map": "dagster-instance",
        "job_namespace": "dagster",
    }


@pytest.fixture
def pod(tmp_path: Path) -> V1PodSpec:
    """The pod of the job that the launcher would make for a run."""
    config = process_config(K8sRunLauncher.config_type(), make_launcher_config())
    assert config.success, config.errors
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{clusters: [{name: none, cluster: {server: 'http://127.0.0.1:1'}}], users: [], "
        "contexts: [{name: none, context: {cluster: none, user: none}}], current-context: none}"
    )
    launcher = K8sRunLauncher(
        **{
            **(config.value or {}),
            "load_incluster_config": False,
            "kubeconfig_file": str(kubeconfig),
        }
    )
    context = launcher.get_container_context_for_run(DagsterRun("daily"))
    job = construct_dagster_k8s_job(
        context.get_k8s_job_config("image", launcher), [], "run", context.run_k8s_config
    )
    spec = job.spec and job.spec.template.spec
    assert spec is not None
    return spec


def test_run_has_account_settings_and_spool(pod: V1PodSpec):
    (container,) = pod.containers or []
    assert pod.security_context
    assert container.env_from
    assert pod.volumes
    assert pod.service_account_name == "wattif"
    assert pod.security_context.run_as_user == pod.security_context.fs_group == 1000
    assert "wattif-settings" in [source.config_map_ref.name for source in container.env_from]
    mounts = {mount.mount_path: mount.name for mount in container.volume_mounts}
    volumes = {volume.name: volume for volume in pod.volumes}
    spool = volumes[mounts[SETTINGS["WATTIF_INGEST__SPOOL_DIR"]]]
    budget = int(SETTINGS["WATTIF_INGEST__SPOOL_BUDGET_MIB"]) * SIZES["Mi"]
    size_limit = count_bytes(spool.empty_dir.size_limit)
    assert budget < size_limit < count_bytes(container.resources.limits["ephemeral-storage"])


def count_bytes(quantity: str) -> int:
    return int(quantity[:-2]) * SIZES[quantity[-2:]]


@pytest.fixture
def code_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterGrpcClient]:
    """The code server of the values, with its settings."""
    (deployment,) = VALUES["dagster-user-deployments"]["deployments"]
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    port = free_ports({"code": None})["code"]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "dagster", "api", "grpc", "-h", "127.0.0.1", "-p", str(port)),
            *deployment["dagsterApiGrpcArgs"],
        ],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = DagsterGrpcClient(port=port, host="127.0.0.1")
    wait_until(lambda: client.health_check_query() == "SERVING", "the code server does not answer")
    yield client
    server.terminate()
    server.wait()


def test_code_server_has_what_the_queue_submits(code_server: DagsterGrpcClient):
    """`wattif backfill --queue` names the code location, which must be the workspace's."""
    response = json.loads(code_server.list_repositories())
    (symbol,) = response["repository_symbols"]
    assert symbol["attribute"] == "defs"
    (deployment,) = VALUES["dagster-user-deployments"]["deployments"]
    workspace = VALUES["dagsterWebserver"]["workspace"]
    assert workspace["enabled"]
    assert workspace["servers"] == [
        {"host": deployment["name"], "port": deployment["port"], "name": queue.LOCATION}
    ]


def test_shards_of_a_day_can_be_jobs_of_their_own():
    """How many run at once, and with what, is said when the run is launched."""
    sharded = build_defs(Settings(ingest=IngestOptions(shards=8)))
    defs = Definitions.merge(sharded, Definitions(executor=step_executor("k8s")))
    memory = {"resources": {"requests": {"memory": "2Gi"}}}
    options = {
        "max_concurrent": 8,
        "per_step_k8s_config": {"land_shard": {"container_config": memory}},
    }
    job = defs.resolve_implicit_global_asset_job_def()
    config = validate_run_config(job, {"execution": {"config": options}})["execution"]["k8s"]
    assert config["max_concurrent"] == 8
    assert config["per_step_k8s_config"]["land_shard"]["container_config"] == memory
    with pytest.raises(DagsterInvalidConfigError, match="at_once"):
        validate_run_config(job, {"execution": {"config": {"at_once": 8}}})


def test_executor_without_its_package_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "dagster_k8s", None)
    with pytest.raises(UserError, match="Install wattif-dagster with the extra k8s"):
        step_executor("k8s")


def test_dagster_accepts_the_added_instance_config():
    monitoring = {snake(k): v for k, v in VALUES["dagsterDaemon"]["runMonitoring"].items()}
    added = {**VALUES["additionalInstanceConfig"], "run_monitoring": monitoring}
    result = process_config(dagster_instance_config_schema(), added)
    assert result.success, result.errors


@pytest.mark.parametrize("file", INSTANCES)
def test_every_instance_limits_runs_of_the_daily_job(file: str):
    runs = read_instance(file)["concurrency"]["runs"]
    (limit,) = runs["tag_concurrency_limits"]
    assert limit["limit"] == 1
    assert limit["key"] in build_defs(Settings()).resolve_job_def("daily").run_tags


@pytest.mark.parametrize("file", INSTANCES)
def test_every_instance_limits_scans_and_retries_lost_runs(file: str):
    instance = read_instance(file)
    assert instance["concurrency"]["pools"] == {"granularity": "op", "default_limit": 1}
    assert instance["run_retries"]["enabled"]
    assert instance["run_retries"]["retry_on_asset_or_op_failure"] is False
