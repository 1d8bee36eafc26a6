"""The app of the Celery workers: `celery -A wattif_dagster.deploy.celery_app worker`.

Broker, result backend and queue are those of the run launcher in DAGSTER_HOME's dagster.yaml.
"""

from celery import Celery
from dagster import DagsterInstance
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task, create_task

from wattif_dagster.deploy.celery_launcher import require_celery_launcher


def build_app(instance: DagsterInstance) -> Celery:
    """Build the app of the instance's launcher, with the tasks of runs and of steps.

    Raises UserError when the instance does not launch its runs with Celery.
    """
    celery = require_celery_launcher(instance).celery
    create_execute_job_task(celery)
    create_resume_job_task(celery)
    create_task(celery, track_started=True)
    return celery


with DagsterInstance.get() as _instance:
    app = build_app(_instance)
