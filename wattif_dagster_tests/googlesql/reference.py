"""Compares rows of the local BigQuery with those of Google's reference implementation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import bigquery

from wattif_dagster_tests.googlesql.analyzer import Analyzer
from wattif_dagster_tests.googlesql.catalog import Catalog
from wattif_dagster_tests.googlesql.column_types import Columns, read_fields, read_parameter
from wattif_dagster_tests.googlesql.recording import Statement, read_statement

TOLERANCE = 1e-9
"""Of floats: absolute, and relative to the larger one."""


@dataclass(frozen=True)
class Compared:
    """A query, its rows on the local BigQuery, and those of the reference implementation."""

    statement: Statement
    local: list[Any]
    google: list[Any]

    @property
    def fills(self) -> str:
        """The name of the table that the query fills, or "" for a query that is read."""
        return (self.statement.destination or "").rpartition(".")[2]

    @property
    def differences(self) -> list[str]:
        """The rows that differ."""
        if len(self.local) != len(self.google):
            return [f"{len(self.local)} rows, and {len(self.google)} of Google's"]
        pairs = zip(_sort(self.local), _sort(self.google), strict=True)
        return [f"{here}, and {there} of Google's" for here, there in pairs if not _same(here, there)]


@contextmanager
def compare_queries(analyzer: Analyzer) -> Iterator[list[Compared]]:
    """Compare each query of this process within a with block; yields what was compared so far.

    The analyzer gets the rows that the tables have when the query is sent.
    """
    compared: list[Compared] = []
    client = bigquery.Client
    query, query_and_wait = client.query, client.query_and_wait

    def compare(self: bigquery.Client, sql: str, config: bigquery.QueryJobConfig | None) -> Any:
        evaluated = _evaluate(analyzer, self, sql, config)

    def query_both(self: bigquery.Client, sql: str, job_config: Any = None, **more: Any) -> Any:
        google = evaluate(self, sql, job_config)
        job = query(self, sql, job_config, **more)
        compared.append(Compared(sql, [tuple(row.values()) for row in job.result()], google))
        return job

    def query_and_wait_both(self: bigquery.Client, sql: str, **more: Any) -> Any:
        google = ...

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "query", query_both)
        patch.setattr(client, "query_and_wait", query_and_wait_both)
        yield compared
