"""What BigQuery demands of tables that query jobs write, and the local one does not."""

import re
from datetime import date
from pathlib import Path
from string import Template
from typing import Any

import pytest
import sqlglot

import wattif_dagster
from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_alerts.query import alerts_sql
from wattif_dagster.defs.fleet_anomalies.query import fleet_anomalies_sql
from wattif_dagster.defs.hourly_consumption import asset as hourly_consumption
from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster.sql import read_sql, render_sql

DAY = date(2024, 1, 1)
SQL_FILES = sorted(Path(wattif_dagster.__file__).parent.rglob("*.sql"))
TABLES = [schemas.HOURLY_CONSUMPTION, schemas.FLEET_ANOMALIES, schemas.ANOMALY_ALERTS]


def render_selects() -> dict[schemas.Table, str]:
    folder = Path(hourly_consumption.__file__).parent
    return {
        schemas.HOURLY_CONSUMPTION: render_sql(
            folder / "hourly_consumption.sql",
            meter_readings="`wattif-local.wattif.meter_readings`",
            readings_filter="TRUE",
            interval_seconds=10,
        ),
        schemas.FLEET_ANOMALIES: fleet_anomalies_sql("wattif-local", "wattif", DAY),
        schemas.ANOMALY_ALERTS: alerts_sql("`wattif-local.wattif.flagged_days`", DAY, AlertRule()),
    }


@pytest.mark.parametrize("table", [*TABLES, schemas.FLEET_HOURS], ids=lambda table: table.name)
def test_query_result_may_replace_a_partition(table: schemas.Table):
    """A result's columns are NULLABLE, and a partition's schema may not change with its rows."""
    assert not any(column.required for column in table.columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_query_result_may_be_clustered(table: schemas.Table):
    """BigQuery refuses to cluster the result of an ORDER BY."""
    parsed: Any = sqlglot.parse_one(render_selects()[table], read="bigquery")
    assert table.cluster_by
    assert parsed.args.get("order") is None
    assert tuple(parsed.named_selects) == table.column_names


@pytest.mark.parametrize("file", SQL_FILES, ids=lambda file: file.name)
def test_sql_file_has_only_known_names(file: Path):
    """One dialect of templates: names of values, and names in braces that repeat a line."""
    text = read_sql(file)
    assert Template(text).is_valid()
    assert set(re.findall(r"\{([a-z_]+)\}", text)) <= {
        "hour",
        "feature",
        "quantity",
        "sum",
        "day_case",
    }


def test_value_that_is_missing_is_an_error():
    with pytest.raises(KeyError):
        render_sql(SQL_FILES[0])
