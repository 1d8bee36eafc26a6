"""Load jobs that behave as BigQuery's do. They differ from the emulator's in these points:

- They support `table$YYYYMMDD`. WRITE_TRUNCATE replaces that partition, and rows of other days are
  refused.
- A failed job leaves the table unchanged, also when the server is killed during the job, because
  one transaction does everything. The emulator's WRITE_TRUNCATE empties the table first.
- One statement loads all objects in another thread, so the server answers other requests.
- NULL in a REQUIRED column is refused, and so is a job id in use. `outputRows` counts the rows of
  this job only.
- Errors name the object and the line, and are in the status of the job.

Unsupported options and formats are refused by name. Fields that the schema lacks are dropped, as
with ignoreUnknownValues, because a search for them would take as long as the load.
"""

import re
from glob import escape
from pathlib import Path
from typing import Any

import duckdb
from bqemulator.api.dependencies import AppContext
from bqemulator.api.routes.tables import _rest_to_clustering, _rest_to_time_partitioning
from bqemulator.catalog.etag import generate_etag
from bqemulator.catalog.models import JobMeta, TableMeta
from bqemulator.domain.errors import (
    AlreadyExistsError,
    DomainError,
    UnsupportedFeatureError,
    ValidationError,
)
from bqemulator.jobs.executor import _maybe_create_load_destination

from wattif_dagster.local_cloud.bigquery.objects import ObjectPattern
from wattif_dagster.local_cloud.bigquery.sql import render_json_columns, render_string_list
from wattif_dagster.local_cloud.bigquery.writes import Destination, render_checked_rows, write

MAX_URIS = 10_000
"""BigQuery's limit for one load job."""

FILE_COLUMN = "_FILE"

_REFUSED_OPTIONS = ("maxBadRecords", "schemaUpdateOptions", "hivePartitioningOptions")
_FORMATS = ("NEWLINE_DELIMITED_JSON", "PARQUET")


async def run_load_job(
    project_id: str, job_id: str, config: dict[str, Any], ctx: AppContext
) -> JobMeta:
    """Run a load job to its end. The returned job says whether it failed, and why.

    Raises AlreadyExistsError (409) for a job id in use, UnsupportedFeatureError (501) for an option
    or format that is not supported, and ValidationError (400) for an invalid request.
    """
    if ctx.catalog.get_job(project_id, job_id) is not None:
        raise AlreadyExistsError(f"Already Exists: Job {project_id}:{job_id}")
    options = config["load"]
    _refuse_unsupported_options(options)
    destination = Destination.parse(options.get("destinationTable", {}), project_id)
    started = ctx.clock.now()
    statistics, error = {}, None
    try:
        files = [str(file) for uri in options["sourceUris"] for file in _list_files(uri, ctx)]
        table = _find_or_create(destination, options, ctx)
        reader = _render_reader(table, options["sourceFormat"], files)
        rows = await write(
            render_checked_rows(table, destination.day, reader, FILE_COLUMN),
            table,
            destination.day,
            options.get("writeDisposition", "WRITE_APPEND"),
            ctx,
        )
        statistics = {"load": {"outputRows": str(rows), "inputFiles": str(len(files))}}
    except (UnsupportedFeatureError, ValidationError):
        raise
    except DomainError as refusal:
        error = {"reason": refusal.bq_reason, "message": refusal.message}
    except duckdb.Error as failure:
        error = _describe_failure(failure, ctx)
    return JobMeta(
        project_id=project_id,
        job_id=job_id,
        job_type="LOAD",
        state="DONE",
        configuration=config,
        statistics=statistics,
        error_result=error,
        creation_time=started,
        start_time=started,
        end_time=ctx.clock.now(),
        etag=generate_etag(project_id, job_id, str(started)),
    )


def _refuse_unsupported_options(options: dict[str, Any]) -> None:
    for option in _REFUSED_OPTIONS:
        if options.get(option):
            raise UnsupportedFeatureError(f"the local BigQuery does not support {option}")
    if options.get("sourceFormat") not in _FORMATS:
        raise UnsupportedFeatureError(
            f"the local BigQuery loads {' and '.join(_FORMATS)}, "
            f"not {options.get('sourceFormat', 'CSV')}"
        )
    if not 0 < len(options.get("sourceUris", [])) <= MAX_URIS:
        raise ValidationError(f"A load job takes 1 to {MAX_URIS} source URIs")


def _list_files(uri: str, ctx: AppContext) -> list[Path]:
    if uri.startswith("file://"):  # the upload route stores the data of the client here
        return [Path(uri.removeprefix("file://"))]
    assert ctx.settings.gcs_local_root is not None  # the launcher sets it
    return ObjectPattern.parse(uri, ctx.settings.gcs_local_root).list_files()


def _find_or_create(to: Destination, options: dict[str, Any], ctx: AppContext) -> TableMeta:
    """The destination table. A missing one is made from the job's schema."""
    table = ctx.catalog.get_table(to.project, to.dataset, to.table)
    if table is None and options.get("createDisposition") != "CREATE_NEVER":
        _maybe_create_load_destination(
            dest_project=to.project,
            dest_dataset=to.dataset,
            dest_table_id=to.table,
            load_config=options,
            now=ctx.clock.now(),
            ctx=ctx,
        )
        layout = {
            "time_partitioning": _rest_to_time_partitioning(options.get("timePartitioning"), None),
            "clustering": _rest_to_clustering(options.get("clustering"), None),
        }
        ctx.catalog.update_table(to.find(ctx).model_copy(update=layout))
    return to.find(ctx)


def _render_reader(table: TableMeta, source_format: str, files: list[str]) -> str:
    """A FROM item with the rows of the files and a column that names the file of each row."""
    # Without hive_partitioning=false, DuckDB makes a column from dt=YYYY-MM-DD in a path.
    names = render_string_list(map(escape, files))
    arguments = f"{names}, filename='{FILE_COLUMN}', hive_partitioning=false"
    if source_format == "PARQUET":
        return f"read_parquet({arguments})"
    columns = render_json_columns(table.schema_.fields)
    return f"read_json({arguments}, format='newline_delimited', columns={columns})"


def _describe_failure(failure: duckdb.Error, ctx: AppContext) -> dict[str, str]:
    """BigQuery's ErrorProto for rows that cannot be loaded. It names objects by their URIs."""
    said = str(failure).partition("\nTry setting")[0].strip()
    said = said.replace(f"{ctx.settings.gcs_local_root}/", "gs://")
    location = re.search(r"gs://[^\s\",]+", said)
    return {
        "reason": "invalid",
        "message": f"Error while reading data, error message: {said}",
        "location": location[0] if location else "",
    }
