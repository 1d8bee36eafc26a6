"""Writes the definitions of the BigQuery tables as JSON, for Terraform.

python -m wattif_dagster.deploy.tables > deploy/gcp/tables.json
"""

import json

from wattif_dagster import schemas
from wattif_dagster.resources.bigquery_tables import bigquery_schema
from wattif_dagster.schemas import Table

MADE_BY_DATAPLEX = (
    schemas.ANOMALY_SCAN_RESULTS,
    schemas.METER_SCAN_RESULTS,
    schemas.ANOMALY_PREVIEW_RESULTS,
)
"""Dataplex makes these tables, with more columns than WattIf reads."""


def list_own_tables() -> list[Table]:
    """The tables that WattIf makes, sorted by name."""
    tables = [value for value in vars(schemas).values() if isinstance(value, Table)]
    return sorted((t for t in tables if t not in MADE_BY_DATAPLEX), key=lambda table: table.name)


def render_tables_json() -> str:
    """Render description, schema, partitioning and clustering columns of each table as JSON."""
    described = {
        table.name: {
            "description": table.description,
            "partition_by": table.partition_by,
            "cluster_by": table.cluster_by,
            "schema": [field.to_api_repr() for field in bigquery_schema(table)],
        }
        for table in list_own_tables()
    }
    return json.dumps(described, indent=1) + "\n"


if __name__ == "__main__":
    print(render_tables_json(), end="")
