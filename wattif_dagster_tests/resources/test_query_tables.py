"""What BigQuery asks of tables that query jobs write, and the local one does not."""

from datetime import date
from typing import Any

import pytest
import sqlglot
from wattif_dagster.settings.alert_rule import AlertOptions
from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_alerts.query import alerts_sql
from wattif_dagster.defs.fleet_anomalies.query import fleet_anomalies_sql
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

DAY = date(2024, 1, 1)
TABLES = [schemas.HOURLY_CONSUMPTION, schemas.FLEET_ANOMALIES, schemas.ANOMALY_ALERTS]


def selects(settings: Settings) -> dict[schemas.Table, str]:
    bigquery = build_resources(settings)["wattif_bigquery"]
    return {
        schemas.HOURLY_CONSUMPTION: hourly_consumption_sql(bigquery, DAY, 10),
        schemas.FLEET_ANOMALIES: fleet_anomalies_sql("wattif-local", "wattif", DAY),
        schemas.ANOMALY_ALERTS: alerts_sql(
            "`wattif-local.wattif.anomaly_scores`", DAY, AlertOptions()
        ),
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_query_result_may_replace_a_partition(table: schemas.Table):
    """A result's columns are NULLABLE, and a partition's schema may not change with its rows."""
    assert not any(column.required for column in table.columns)


@pytest.mark.parametrize("table", TABLES)
def test_a_query_result_may_be_clustered(settings: Settings, table: schemas.Table):
    """BigQuery refuses to cluster the result of an ORDER BY."""
    parsed: Any = sqlglot.parse_one(selects(settings)[table], read="bigquery")
    assert table.cluster_by
    assert parsed.args.get("order") is None
    assert tuple(parsed.named_selects) == table.column_names
