"""Chooses the executor of a run's steps."""

from dagster import ExecutorDefinition, in_process_executor, multiprocess_executor

from wattif_dagster.errors import UserError


def step_executor(name: str) -> ExecutorDefinition:
    """The executor of that name. Raises UserError when its package is not installed."""
    try:
        match name:
            case "celery":
                from wattif_dagster.deploy.celery_steps import monitored_celery_executor

                return monitored_celery_executor
            case "k8s":
                from dagster_k8s import k8s_job_executor

                return k8s_job_executor
    except ImportError as error:
        raise UserError(
            f"WATTIF_STEP_EXECUTOR={name} needs the package dagster-{name}, which cannot be "
            f"imported: {error}. Install wattif-dagster with the extra {name}."
        ) from None
    return multiprocess_executor if name == "multiprocess" else in_process_executor
