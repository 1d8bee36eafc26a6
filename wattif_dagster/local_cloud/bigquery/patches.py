"""Patches of faults of bqemulator 1.4.0.

Every patch replaces a private name of the emulator, so it is right for one version only.
`check_version` refuses any other version.
"""

from collections.abc import Callable
from functools import partial
from importlib import metadata
from typing import Any

from wattif_dagster.errors import UserError

PATCHED_VERSION = "1.4.0"


def check_version() -> None:
    """Raise UserError unless the installed bqemulator is the version of these patches."""
    try:
        found = metadata.version("bqemulator")
    except metadata.PackageNotFoundError:
        raise UserError(
            "the local BigQuery is not installed; run `pip install wattif-dagster[local]`"
        ) from None
    if found != PATCHED_VERSION:
        raise UserError(
            f"the local BigQuery is made for bqemulator {PATCHED_VERSION}, but {found} is "
            f"installed; run `pip install bqemulator=={PATCHED_VERSION}`"
        )


def wrap(owner: object, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Replace a function of a module or class of the emulator by its wrapped form."""
    setattr(owner, name, wrapper(getattr(owner, name)))


def start_offline() -> None:
    """The emulator downloads DuckDB's spatial extension at its start, and fails offline.

    Only GEOGRAPHY needs the extension. This patch also turns off DuckDB's automatic downloads.
    """
    from bqemulator.storage.engine import DuckDBEngine

    def forbid_downloads(self: DuckDBEngine) -> None:
        self.execute("SET autoinstall_known_extensions = false")

    DuckDBEngine._load_spatial = forbid_downloads


def keep_utc() -> None:
    """The emulator sets UTC on its own connection only, and loads and queries have others."""
    from bqemulator.storage.engine import DuckDBEngine

    def set_utc(self: DuckDBEngine) -> None:
        self.execute("SET GLOBAL TimeZone = 'UTC'")

    DuckDBEngine._apply_session_pragmas = set_utc


def skip_table_copies() -> None:
    """The emulator copies the whole table after each load and DML, for FOR SYSTEM_TIME AS OF.

    The copies make loads three times slower and fill the disk. CREATE SNAPSHOT TABLE still copies.
    """
    from bqemulator.catalog.models import SnapshotMeta
    from bqemulator.versioning.snapshots import SnapshotManager

    capture = SnapshotManager.capture

    def capture_on_request(
        self: SnapshotManager,
        project_id: str,
        dataset_id: str,
        table_id: str,
        *,
        kind: str = "AUTO",
    ) -> SnapshotMeta | None:
        if kind == "AUTO":
            return None
        return capture(self, project_id, dataset_id, table_id, kind=kind)

    SnapshotManager.capture = capture_on_request


def accept_any_upload() -> None:
    """The emulator refuses the media type `*/*`, which google-cloud-bigquery uses for uploads."""
    from bqemulator.api.routes import upload

    upload._PERMITTED_MEDIA_CONTENT_TYPES += ("*/*",)


def load_atomically() -> None:
    """The emulator's load jobs have several faults: see `loads`."""
    from bqemulator.api.routes import jobs, upload

    from wattif_dagster.local_cloud.bigquery.loads import run_load_job

    jobs._handle_load_job_with_async_envelope = run_load_job
    upload.execute_load_job = run_load_job  # pyright: ignore[reportPrivateImportUsage]


def read_external_tables() -> None:
    """The emulator makes an empty native table of an external table: see `external`."""
    from wattif_dagster.local_cloud.bigquery.external import install

    install()


def write_query_results() -> None:
    """The emulator ignores the destination of a query job: see `destinations`."""
    from bqemulator.api.routes import jobs

    from wattif_dagster.local_cloud.bigquery.destinations import write_results

    wrap(jobs, "_execute_query_or_failed_meta", write_results)


def refuse_other_hosts() -> None:
    """The emulator answers requests for any host.

    A web page could reach it through your browser if the name of the page resolves to 127.0.0.1
    (DNS rebinding).
    """
    from bqemulator import server
    from bqemulator.api.app import create_app
    from bqemulator.api.dependencies import AppContext
    from fastapi import FastAPI
    from fastapi.middleware.trustedhost import TrustedHostMiddleware

    def create_guarded_app(context: AppContext) -> FastAPI:
        app = create_app(context)
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        return app

    server.create_app = create_guarded_app  # pyright: ignore[reportPrivateImportUsage]


def keep_integers() -> None:
    """The emulator makes a NUMERIC of COUNTIF or SUM in a STRUCT or ARRAY: see `integers`."""
    from bqemulator.storage import engine

    from wattif_dagster.local_cloud.bigquery import integers

    wrap(engine, "_annotate_with_duckdb_types", integers.keep_integers)


def refuse_float_partitions() -> None:
    """The emulator partitions a window by a FLOAT64, which BigQuery refuses: see `windows`."""
    from bqemulator.jobs import error_mapper
    from bqemulator.sql.translator import SQLTranslator

    from wattif_dagster.local_cloud.bigquery import windows

    wrap(SQLTranslator, "translate", windows.refuse_float_partitions)
    error_mapper._DUCKDB_TRANSLATORS = (
        windows.explain_refusal,
        *error_mapper._DUCKDB_TRANSLATORS,
    )


def translate_once() -> None:
    """The emulator translates a statement again for each date: see `translations`."""
    from bqemulator.api.routes import jobs
    from bqemulator.jobs import executor
    from bqemulator.sql import inner_query
    from bqemulator.sql.translator import SQLTranslator

    from wattif_dagster.local_cloud.bigquery import translations

    wrap(SQLTranslator, "translate", translations.translate_once)
    wrap(executor, "rewrite_table_refs", translations.translate_once_for_all_dates)
    wrap(inner_query, "build_catalog_schema", translations.build_schema_of_tables)
    wrap(inner_query, "rewrite_for_row_access", translations.rewrite_where_access_is_limited)
    wrap(executor, "_parse_script_or_raise", translations.answer_once_for_all_dates)
    wrap(jobs, "_projected_column_names", translations.answer_once_for_all_dates)


def tell_queries_by_their_beginning() -> None:
    """The emulator parses each query eleven times to look for DDL and DML: see `statements`."""
    from bqemulator.catalog import ddl_sync
    from bqemulator.jobs import executor

    from wattif_dagster.local_cloud.bigquery.statements import do_nothing, skip_queries

    wrap(ddl_sync, "_detect_plain_create_table", skip_queries)
    for name in (
        "assert_drop_schema_allowed",
        "detect_drop_routine",
        "sync_created_schema",
        "sync_created_table",
        "sync_created_view",
        "sync_dropped_object",
    ):
        wrap(executor, name, skip_queries)
    select = partial(skip_queries, answer_query=lambda: "SELECT")
    wrap(executor, "classify_statement_type", select)
    wrap(executor, "_reject_dml_on_immutable", partial(skip_queries, statement=1))
    nothing_done = partial(skip_queries, statement=1, answer_query=do_nothing)
    wrap(executor, "_capture_dml_snapshots", nothing_done)


def answer_beside_queries() -> None:
    """The emulator answers no other request while a query runs: see `queries`."""
    from bqemulator.jobs import executor

    from wattif_dagster.local_cloud.bigquery.queries import run_beside_the_loop

    wrap(executor, "_run_single_sql", run_beside_the_loop)


def refuse_wrong_queries() -> None:
    """The emulator answers a failed jobs.query with status 200 and no rows: see `queries`."""
    from bqemulator.api.routes import jobs

    from wattif_dagster.local_cloud.bigquery.queries import fail_as_a_job

    wrap(jobs, "_execute_query_or_failed_meta", fail_as_a_job)
    # Nothing catches the errors now, so the handler answers with their status.
    jobs._SQL_EXECUTION_DOMAIN_ERRORS = ()


def insert_new_jobs() -> None:
    """The emulator writes each job with a slow upsert: see `catalog`."""
    from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository

    from wattif_dagster.local_cloud.bigquery.catalog import insert_new

    wrap(DuckDBCatalogRepository, "upsert_job", insert_new)


PATCHES: dict[str, Callable[[], None]] = {
    patch.__name__: patch
    for patch in (
        start_offline,
        keep_utc,
        skip_table_copies,
        accept_any_upload,
        load_atomically,
        read_external_tables,
        write_query_results,
        refuse_other_hosts,
        keep_integers,
        refuse_float_partitions,  # before translate_once, which keeps the translations
        translate_once,
        tell_queries_by_their_beginning,
        answer_beside_queries,
        refuse_wrong_queries,
        insert_new_jobs,
    )
}
