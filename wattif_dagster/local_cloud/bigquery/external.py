"""Makes external tables that read the objects when a query runs.

The emulator ignores `externalDataConfiguration` and makes an empty native table. Here an external
table is a DuckDB view over the files. It supports NEWLINE_DELIMITED_JSON, plain or in objects named
`.json.gz`, with or without Hive partitioning (AUTO, STRINGS or CUSTOM). Other formats and options
are refused.
"""

import json
from glob import escape
from pathlib import Path
from typing import Annotated, Any

from bqemulator.api.dependencies import AppContext, get_context
from bqemulator.api.routes import tables
from bqemulator.catalog.models import TableMeta
from bqemulator.domain.errors import UnsupportedFeatureError, ValidationError
from bqemulator.storage.sql_identifiers import quoted_table_ref
from bqemulator.storage.type_map import duckdb_type_to_bq_field
from fastapi import Depends, Request, Response

from wattif_dagster.local_cloud.bigquery.hive import HivePartitioning
from wattif_dagster.local_cloud.bigquery.objects import ObjectPattern
from wattif_dagster.local_cloud.bigquery.sql import render_json_columns, render_string_list
from wattif_dagster.local_cloud.bigquery.writes import Destination, drop_partition

_SUPPORTED = {
    "sourceFormat",
    "sourceUris",
    "schema",
    "autodetect",
    "compression",
    "ignoreUnknownValues",
    "hivePartitioningOptions",
}

_Context = Annotated[AppContext, Depends(get_context)]
_insert_native, _delete_native, _render_native = (
    tables.insert_table,
    tables.delete_table,
    tables._table_to_rest,
)


def install() -> None:
    """Put the routes below before the emulator's, and show the configuration of external tables."""
    path = "/projects/{project_id}/datasets/{dataset_id}/tables"
    emulated = list(tables.router.routes)
    tables.router.routes.clear()
    tables.router.add_api_route(path, insert_table, methods=["POST"])
    tables.router.add_api_route(
        f"{path}/{{table_id}}", delete_table, methods=["DELETE"], status_code=204
    )
    tables.router.routes.extend(emulated)
    tables._table_to_rest = _render


async def insert_table(
    project_id: str, dataset_id: str, request: Request, ctx: _Context
) -> dict[str, Any]:
    """Answer tables.insert. An external table becomes a view."""
    body = await request.json()
    external = body.get("externalDataConfiguration")
    if external is None:
        return await _insert_native(project_id, dataset_id, request, ctx)
    assert ctx.settings.gcs_local_root is not None  # the launcher sets it
    table = tables._rest_to_table_meta(project_id, dataset_id, body, ctx.clock)
    name = f"{project_id}.{dataset_id}.{table.table_id}"
    select = _render_select(name, external, body.get("schema"), ctx.settings.gcs_local_root)
    view = quoted_table_ref(project_id, dataset_id, table.table_id)
    async with ctx.engine.write_lock():
        columns = ctx.engine.execute(f"DESCRIBE {select}").fetchall()
        fields = [duckdb_type_to_bq_field(name, kind) for name, kind, *_ in columns]
        table = table.model_copy(
            update={
                "table_type": "EXTERNAL",
                "schema_": tables._rest_to_schema(fields, None),
                "view_query": json.dumps(external),  # the only free text in the catalog
            }
        )
        created = ctx.catalog.create_table(table)
        ctx.engine.execute(f"CREATE VIEW {view} AS {select}")
    return _render(created)


async def delete_table(project_id: str, dataset_id: str, table_id: str, ctx: _Context) -> Response:
    """Answer tables.delete. An external table drops its view, NAME$YYYYMMDD its rows alone."""
    destination = Destination.parse({"datasetId": dataset_id, "tableId": table_id}, project_id)
    if destination.day:
        await drop_partition(destination, ctx)
        return Response(status_code=204)
    table = ctx.catalog.get_table(project_id, dataset_id, table_id)
    if table is None or table.table_type != "EXTERNAL":
        return await _delete_native(project_id, dataset_id, table_id, ctx)
    async with ctx.engine.write_lock():
        ctx.engine.execute(f"DROP VIEW {quoted_table_ref(project_id, dataset_id, table_id)}")
        ctx.catalog.delete_table(project_id, dataset_id, table_id)
    return Response(status_code=204)


def _render(table: TableMeta) -> dict[str, Any]:
    body = _render_native(table)
    if table.table_type == "EXTERNAL" and table.view_query:
        body["externalDataConfiguration"] = json.loads(table.view_query)
    return body


def _render_select(
    name: str, external: dict[str, Any], table_schema: dict[str, Any] | None, root: Path
) -> str:
    """The query that reads the objects. A condition on the file column selects those of the URIs.

    DuckDB applies conditions on that column before it opens a file, so it reads neither other
    objects of the bucket nor other partitions.
    """
    if external.get("sourceFormat") != "NEWLINE_DELIMITED_JSON":
        raise UnsupportedFeatureError(
            "the local BigQuery reads external tables of NEWLINE_DELIMITED_JSON only, "
            f"not {external.get('sourceFormat')}"
        )
    for option, value in external.items():
        if value and option not in _SUPPORTED:
            raise UnsupportedFeatureError(
                f"the local BigQuery does not support {option} of an external table"
            )
    patterns = [ObjectPattern.parse(uri, root) for uri in external.get("sourceUris", [])]
    if not patterns:
        raise ValidationError("An external table needs sourceUris")
    files = [file for pattern in patterns for file in pattern.list_files()]

    buckets = render_string_list(
        sorted({f"{escape(str(pattern.bucket))}/**" for pattern in patterns})
    )
    arguments = f"{buckets}, format='newline_delimited', filename='_FILE', hive_partitioning=false"
    fields = (external.get("schema") or table_schema or {}).get("fields", [])
    if fields:
        arguments += f", columns={render_json_columns(tables._parse_schema_fields(fields))}"
    elif not external.get("autodetect"):
        raise ValidationError("An external table needs a schema or autodetect")
    columns, condition = (
        "",
        " OR ".join(f"({pattern.render_condition('_FILE')})" for pattern in patterns),
    )
    if options := external.get("hivePartitioningOptions"):
        hive = HivePartitioning.parse(options, files[0], root)
        columns = hive.render_columns("_FILE")
        condition = f"({condition}) AND {hive.render_check('_FILE', name)}"
    return f"SELECT * EXCLUDE (_FILE){columns} FROM read_json({arguments}) WHERE {condition}"
