"""Compares rows of the local BigQuery with those of Google's reference implementation."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import bigquery

from wattif_dagster_tests.googlesql.analyzer import Analyzer, RefusedError, Row
from wattif_dagster_tests.googlesql.catalog import Catalog, full_name
from wattif_dagster_tests.googlesql.column_types import read_fields, read_parameter

TOLERANCE = 1e-9
"""Of floats: absolute, and relative to the larger one."""

_BY = re.compile(r"(MAX|MIN)_BY\(([^(),]+), ([^(),]+)\)")
"""The implementation has what these functions are short for."""


@dataclass(frozen=True)
class Compared:
    """A query, the table that it fills ("" for none), and where its rows differ from Google's."""

    sql: str
    fills: str
    rows: int
    differences: list[str]


@contextmanager
def compare_queries(analyzer: Analyzer) -> Iterator[list[Compared]]:
    """Compare each query that this process sends within a with block; yields those compared so far.

    The analyzer gets the rows that the tables have when the query is sent.
    """
    compared: list[Compared] = []
    query, query_and_wait = bigquery.Client.query, bigquery.Client.query_and_wait

    def read(client: bigquery.Client, sql: str, config: Any = None) -> list[Row]:
        return [row.values() for row in query_and_wait(client, sql, job_config=config)]

    def evaluate(client: bigquery.Client, sql: str, config: Any) -> list[Row] | str:
        """Google's rows, or why it refuses the query."""
        try:
            names = analyzer.list_tables(sql)
            catalog, content = Catalog(), {}
            for name in names:
                table = full_name(name, client.project)
                columns = Catalog().find_columns(table)
                if "INFORMATION_SCHEMA" not in table or columns is None:
                    schema = client.get_table(table).schema
                    columns = read_fields([field.to_api_repr() for field in schema])
                catalog.tables[table] = columns
                rows = read(
                    client, f"SELECT {', '.join(f'`{c}`' for c, _ in columns)} FROM `{table}`"
                )
                content[name[-1]] = columns, rows
            described = catalog.describe(names, client.project)
            known = _BY.sub(r"ANY_VALUE(\2 HAVING \1 \3)", sql)
            return analyzer.evaluate(known, _read_parameters(config), described, content)
        except RefusedError as refusal:
            return str(refusal)

    def query_both(client: bigquery.Client, sql: str, job_config: Any = None, **more: Any) -> Any:
        google = evaluate(client, sql, job_config)
        job = query(client, sql, job_config, **more)
        rows = [row.values() for row in job.result()]
        destination = job_config.destination if job_config else None
        fills = destination.table_id.partition("$")[0] if destination else ""
        compared.append(Compared(sql, fills, len(rows), list(_differ(rows, google))))
        return job

    def query_and_wait_both(
        client: bigquery.Client, sql: str, *, job_config: Any = None, **more: Any
    ) -> Any:
        google = evaluate(client, sql, job_config)
        rows = read(client, sql, job_config)
        compared.append(Compared(sql, "", len(rows), list(_differ(rows, google))))
        return query_and_wait(client, sql, job_config=job_config, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bigquery.Client, "query", query_both)
        patch.setattr(bigquery.Client, "query_and_wait", query_and_wait_both)
        yield compared


def _read_parameters(config: Any) -> dict[str, tuple[str, Any]]:
    """Type and value of each parameter by name."""
    return {
        given.name: (
            read_parameter(given.to_api_repr()["parameterType"]),
            given.values if isinstance(given, bigquery.ArrayQueryParameter) else given.value,
        )
        for given in (config.query_parameters if config else ())
    }


def _differ(local: Sequence[Row], google: Sequence[Row] | str) -> Iterator[str]:
    """Find the rows that differ, in whatever order they are."""
    if isinstance(google, str):
        yield google
    elif len(local) != len(google):
        yield f"{len(local)} rows here, {len(google)} of Google's"
    else:
        for here, there in zip(sorted(local, key=_order), sorted(google, key=_order), strict=True):
            if not _equal(here, there):
                yield f"here {here}, of Google's {there}"


def _order(value: Any) -> Any:
    """A key by which equal rows of both are at the same place; floats decide last."""
    return repr(_round(value, 0)), repr(_round(value, 6))


def _round(value: Any, digits: int) -> Any:
    if isinstance(value, Mapping):
        return [_round(each, digits) for each in value.values()]
    if isinstance(value, list):
        return sorted((_round(each, digits) for each in value), key=repr)
    if isinstance(value, tuple):
        return [_round(each, digits) for each in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return round(float(value), digits) if digits else None
    return value


def _equal(here: Any, there: Any) -> bool:
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        return list(here) == list(there) and _equal((*here.values(),), (*there.values(),))
    if isinstance(here, list) and isinstance(there, list):  # an ARRAY, in no order
        return _equal(tuple(sorted(here, key=_order)), tuple(sorted(there, key=_order)))
    if isinstance(here, tuple) and isinstance(there, tuple):
        return len(here) == len(there) and all(map(_equal, here, there))
    if isinstance(here, float | Decimal) and isinstance(there, int | float):
        return math.isclose(here, there, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return here == there
