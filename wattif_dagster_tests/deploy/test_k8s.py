"""deploy/k8s as far as it can be tried without a cluster: against Dagster's own types of it."""

import re
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInvalidConfigError, DagsterRun, Definitions, validate_run_config
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import construct_dagster_k8s_job
from dotenv import dotenv_values
from kubernetes.client import V1PodSpec

from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.meter_registry.asset import meter_registry
from wattif_dagster.defs.raw_readings.sharded import raw_readings
from wattif_dagster.deploy.executors import step_executor
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.dagster_processes.conftest import ROOT

VALUES = yaml.safe_load((ROOT / "deploy/k8s/values.yaml").read_text())
SETTINGS = dotenv_values(ROOT / "deploy/k8s/settings.env")
SIZES = {"Mi": 2**20, "Gi": 2**30}
DEPLOYMENTS = ("dagster-user-deployments", "deployments")
CHART: dict[tuple[str | int, ...], str] = {
    (): "additionalInstanceConfig busybox computeLogManager concurrency dagster-user-deployments "
    "dagsterDaemon dagsterWebserver flower generateCeleryConfigSecret "
    "generatePostgresqlPasswordSecret global imagePullSecrets ingress migrate postgresql "
    "pythonLogs rabbitmq redis retention runLauncher scheduler serviceAccount telemetry",
    ("global",): "celeryConfigSecretName dagsterHome dagsterInstanceConfigMap postgresqlSecretName "
    "serviceAccountName",
    ("serviceAccount",): "annotations create name",
    ("postgresql",): "enabled image postgresqlDatabase postgresqlHost postgresqlParams "
    "postgresqlPassword postgresqlScheme postgresqlUsername service",
    DEPLOYMENTS[:1]: "deployments enabled enableSubchart imagePullSecrets",
    (*DEPLOYMENTS, 0): "dagsterApiGrpcArgs env envConfigMaps envSecrets image "
    "includeConfigInLaunchedRuns name port resources volumeMounts volumes",
    (*DEPLOYMENTS, 0, "image"): "pullPolicy repository tag",
    (*DEPLOYMENTS, 0, "includeConfigInLaunchedRuns"): "enabled",
    ("runLauncher",): "config type",
    ("runLauncher", "config"): "celeryK8sRunLauncher customRunLauncher k8sRunLauncher",
    ("dagsterDaemon",): "enabled env envConfigMaps envSecrets image resources runCoordinator "
    "runMonitoring runRetries schedules sensors volumeMounts volumes",
    ("dagsterDaemon", "runRetries"): "enabled maxRetries",
}
"""Names that the chart (dagster/dagster, for 1.13) has there, all or those that may be of use, by
the sources of its schema. That refuses an unknown name in few places: helm would pass it over."""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: "_" + letter[1].lower(), name)


def launcher_config() -> dict[str, Any]:
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
    """Of the job that the launcher would make for a run."""
    config = process_config(K8sRunLauncher.config_type(), launcher_config())
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
    return job.spec.template.spec


def test_a_run_has_its_account_its_settings_and_room_for_its_spool(pod: V1PodSpec):
    (container,) = pod.containers
    assert pod.service_account_name == "wattif"
    assert pod.security_context.run_as_user == pod.security_context.fs_group == 1000
    assert "wattif-settings" in [source.config_map_ref.name for source in container.env_from]
    mounts = {mount.mount_path: mount.name for mount in container.volume_mounts}
    volumes = {volume.name: volume for volume in pod.volumes}
    spool = volumes[mounts[str(SETTINGS["WATTIF_INGEST__SPOOL_DIR"])]]
    budget = int(str(SETTINGS["WATTIF_INGEST__SPOOL_BUDGET_MIB"])) * SIZES["Mi"]
    assert budget < bytes_of(spool.empty_dir.size_limit)
    assert bytes_of(spool.empty_dir.size_limit) < bytes_of(
        container.resources.limits["ephemeral-storage"]
    )


def bytes_of(quantity: str) -> int:
    return int(quantity[:-2]) * SIZES[quantity[-2:]]


def test_the_settings_make_definitions(monkeypatch: pytest.MonkeyPatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, str(value))
    assert Settings.load().target == "gcp"
    assert build_defs().resolve_job_def("daily")


def test_the_shards_of_a_day_as_jobs_of_their_own():
    """How many at once, and with what, is said when the run is launched."""
    defs = Definitions(
        assets=[meter_registry, raw_readings],
        resources=build_resources(Settings.load()),
        executor=step_executor("k8s"),
    )
    memory = {"resources": {"requests": {"memory": "2Gi"}}}
    asked = {
        "max_concurrent": 8,
        "per_step_k8s_config": {"land_shard": {"container_config": memory}},
    }
    job = defs.resolve_implicit_global_asset_job_def()
    said = validate_run_config(job, {"execution": {"config": asked}})["execution"]["k8s"]
    assert said["max_concurrent"] == 8
    assert said["per_step_k8s_config"]["land_shard"]["container_config"] == memory
    with pytest.raises(DagsterInvalidConfigError, match="at_once"):
        validate_run_config(job, {"execution": {"config": {"at_once": 8}}})


@pytest.mark.parametrize("path", CHART, ids=lambda path: ".".join(map(str, path)))
def test_the_chart_has_each_name(path: tuple[str | int, ...]):
    values = reduce(getitem, path, VALUES)
    assert set(values) <= set(CHART[path].split())


def test_the_instance_takes_what_the_chart_adds_to_it():
    monitoring = {snake(k): v for k, v in VALUES["dagsterDaemon"]["runMonitoring"].items()}
    added = {**VALUES["additionalInstanceConfig"], "run_monitoring": monitoring}
    result = process_config(dagster_instance_config_schema(), added)
    assert result.success, result.errors


@pytest.mark.parametrize("deployment", ["deploy/celery/dagster.yaml", "deploy/k8s/values.yaml"])
def test_every_deployment_has_the_limits_of_the_project(deployment: str):
    ours = yaml.safe_load((ROOT / "wattif_dagster/dagster.yaml").read_text())
    theirs = yaml.safe_load((ROOT / deployment).read_text())
    theirs = theirs.get("additionalInstanceConfig", theirs)
    assert theirs["concurrency"]["pools"] == ours["concurrency"]["pools"]
    limits = "tag_concurrency_limits"
    assert theirs["concurrency"]["runs"][limits] == ours["concurrency"]["runs"][limits]
    without_op_failures = "retry_on_asset_or_op_failure"
    assert theirs["run_retries"][without_op_failures] is ours["run_retries"][without_op_failures]
