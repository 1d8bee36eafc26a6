"""The app of the Celery workers: `celery -A wattif_dagster.deploy.celery_app worker`.

Broker, result backend and queue are those of the run launcher in DAGSTER_HOME's dagster.yaml.
"""

from celery import Celery
from dagster import DagsterInstance
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task, create_task

from wattif_dagster.deploy.celery_launcher import celery_launcher


def app_of(instance: DagsterInstance) -> Celery:
    """The launcher's app with the tasks of runs and of steps.

    Raises UserError when the instance launches its runs by other means.
    """
    celery = celery_launcher(instance).celery
    create_execute_job_task(celery)
    create_resume_job_task(celery)
    create_task(celery, track_started=True)
    return celery


with DagsterInstance.get() as _instance:
    app = app_of(_instance)
