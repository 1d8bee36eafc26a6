"""Runs the steps of a detector: each reads what the steps before it have stored."""

from collections.abc import Iterable
from datetime import date

from wattif_dagster import schemas
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.resources.bigquery import BigQueryWarehouse


def name_tables(bigquery: BigQueryWarehouse, *, registry: bool = True) -> Tables:
    """Quote the names of the tables of a detector's steps.

    Without the registry, the expected meters are those seen in the last seven days.
    """
    return Tables(
        hourly_consumption=bigquery.quoted(schemas.HOURLY_CONSUMPTION),
        meter_days=bigquery.quoted(schemas.METER_DAYS),
        consumption_baseline=bigquery.quoted(schemas.CONSUMPTION_BASELINE),
        consumption_deviations=bigquery.quoted(schemas.CONSUMPTION_DEVIATIONS),
        meter_registry=bigquery.quoted(schemas.METER_REGISTRY) if registry else None,
        any_table=bigquery.quoted_model("{}"),
    )


def run_steps(bigquery: BigQueryWarehouse, day: date, steps: Iterable[Step]) -> None:
    """Run the steps in order, and drop what they do not keep. Raises JobError.

    Two runs of one day store the same rows. Where the process is killed, the next run of the day
    drops what it left.
    """
    temporary = []
    try:
        for step in steps:
            if step.table.temporary:
                temporary.append(step.table)
            bigquery.replace_partition(step.table, day, step.select)
    finally:
        for table in temporary:
            bigquery.drop_partition(table, day)
