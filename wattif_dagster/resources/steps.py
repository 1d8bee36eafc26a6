"""Runs the steps of a detector: each reads what the steps before it have stored."""

from collections.abc import Iterable
from datetime import date

from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.resources.bigquery import BigQueryWarehouse


def name_tables(bigquery: BigQueryWarehouse, *, registry: bool = True) -> Tables:
    """Name the tables of a detector's steps.

    Without the registry, the expected meters are those seen in the last seven days.
    """
    return Tables(bigquery.quoted_name("{}"), registry)


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
