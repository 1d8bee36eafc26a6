"""Load jobs that keep BigQuery's promises. Against the emulator's own:

- `table$YYYYMMDD` is understood: WRITE_TRUNCATE replaces that day, rows of other days are refused.
- A job that fails leaves the table as it was, also when the server is killed in it: one
  transaction does it all. The emulator's WRITE_TRUNCATE emptied the table first.
- All objects go in by one statement, beside the server's event loop, so other requests are served.
- NULL in a REQUIRED column is refused; a job id is taken once; `outputRows` counts this job's rows.
- Errors name the object and the line, and end in the job's status as they do in BigQuery.

Options and formats that are not honoured are refused by name. Fields the schema does not know are
dropped as under ignoreUnknownValues: looking for them would cost as much as the load.
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
    """Run a load job to its end; the returned job says whether and why it failed.

    Raises AlreadyExistsError (409) for a job id that was used, UnsupportedFeatureError (501) for
    what is not honoured, ValidationError (400) for requests BigQuery would not take.
    """
    if ctx.catalog.get_job(project_id, job_id) is not None:
        raise AlreadyExistsError(f"Already Exists: Job {project_id}:{job_id}")
    options = config["load"]
    _refuse_what_is_not_honoured(options)
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


def _refuse_what_is_not_honoured(options: dict[str, Any]) -> None:
    for option in _REFUSED_OPTIONS:
        if options.get(option):
            raise UnsupportedFeatureError(f"the local BigQuery does not honour {option}")
    if options.get("sourceFormat") not in _FORMATS:
        raise UnsupportedFeatureError(
            f"the local BigQuery loads {' and '.join(_FORMATS)}, "
            f"not {options.get('sourceFormat', 'CSV')}"
        )
    if not 0 < len(options.get("sourceUris", [])) <= MAX_URIS:
        raise ValidationError(f"A load job takes 1 to {MAX_URIS} source URIs")


def _list_files(uri: str, ctx: AppContext) -> list[Path]:
    if uri.startswith("file://"):  # where the upload route puts what a client sends
        return [Path(uri.removeprefix("file://"))]
    assert ctx.settings.gcs_local_root is not None  # the launcher sets it
    return ObjectPattern.parse(uri, ctx.settings.gcs_local_root).list_files()


def _find_or_create(to: Destination, options: dict[str, Any], ctx: AppContext) -> TableMeta:
    """The destination, made from the job's schema where it is missing."""
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
    """A FROM item of the files' rows, and of the file each comes from."""
    # Without hive_partitioning=false DuckDB makes a column of dt=YYYY-MM-DD in a path.
    names = render_string_list(map(escape, files))
    arguments = f"{names}, filename='{FILE_COLUMN}', hive_partitioning=false"
    if source_format == "PARQUET":
        return f"read_parquet({arguments})"
    columns = render_json_columns(table.schema_.fields)
    return f"read_json({arguments}, format='newline_delimited', columns={columns})"


def _describe_failure(failure: duckdb.Error, ctx: AppContext) -> dict[str, str]:
    """BigQuery's ErrorProto for rows that cannot be loaded, with objects by their URIs."""
    said = str(failure).partition("\nTry setting")[0].strip()
    said = said.replace(f"{ctx.settings.gcs_local_root}/", "gs://")
    location = re.search(r"gs://[^\s\",]+", said)
    return {
        "reason": "invalid",
        "message": f"Error while reading data, error message: {said}",
        "location": location[0] if location else "",
    }
