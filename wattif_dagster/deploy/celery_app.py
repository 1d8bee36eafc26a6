"""The app of the Celery workers: `celery -A wattif_dagster.deploy.celery_app worker`.

Broker, result backend and queue are those of the run launcher in DAGSTER_HOME's dagster.yaml.
"""

from celery import Celery
from dagster import DagsterInstance
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task, create_task

from wattif_dagster.errors import UserError


def app_of(instance: DagsterInstance) -> Celery:
    """The launcher's app with the tasks it and celery_executor send.

    Raises UserError when the instance launches its runs by other means.
    """
    launcher = instance.run_launcher
    if not isinstance(launcher, CeleryRunLauncher):
        raise UserError(
            f"{instance.root_directory}/dagster.yaml launches runs with "
            f"{type(launcher).__name__}, not with Celery; use deploy/celery/dagster.yaml"
        )
    for create in (create_execute_job_task, create_resume_job_task, create_task):
        create(launcher.celery)
    return launcher.celery


with DagsterInstance.get() as _instance:
    app = app_of(_instance)
