"""Caches translations to DuckDB's SQL, and other properties of a statement.

The emulator parses a statement up to two hundred times to translate it, which takes longer than
the query in DuckDB. The statements of the pipeline differ from day to day only by their dates, and
such a statement is not translated or parsed again.

A date is a quoted literal that begins with YYYY-MM-DD. Before a translation, placeholder dates
replace the dates, equal ones for equal dates. A translation that loses a date is not cached, and
neither is an error. The original statement is then translated.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import sqlglot
from bqemulator.catalog.repository import CatalogRepository
from bqemulator.domain.errors import DomainError
from bqemulator.domain.result import Err, Ok, Result
from bqemulator.sql.translator import SQLTranslator
from sqlglot import exp
from sqlglot.errors import ParseError

Answer = TypeVar("Answer")
KEPT = 256
"""Number of cached statements. One day of the pipeline has about sixty."""

_DATE = re.compile(r"(?<=')\d{4}-\d\d-\d\d(?=[' T])")
_FIRST_PLACEHOLDER = date(1583, 1, 1)
"""No translation adds such a date by itself, as some add 1970-01-01."""


class DateLostError(Exception):
    """A translation lacks a date of its statement."""


def translate_once_for_all_dates(translate: Callable[..., str]) -> Callable[..., str]:
    """Wrap a function of a SQL text and hashable arguments: it is called once for all dates."""

    @lru_cache(KEPT)
    def translate_placeholders(sql: str, *more: Any) -> str:
        translated = translate(sql, *more)
        if not set(_DATE.findall(sql)) <= set(_DATE.findall(translated)):
            raise DateLostError
        return translated

    def translate_dates(sql: str, *more: Any) -> str:
        dates, placeholders = _find_placeholders(sql)
        try:
            translated = translate_placeholders(_replace_dates(sql, dates, placeholders), *more)
        except (DateLostError, DomainError):
            return translate(sql, *more)
        return _replace_dates(translated, placeholders, dates)

    return translate_dates


def answer_once_for_all_dates(ask: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Wrap a function of a SQL text: it is called once for all dates.

    Its answer must not depend on dates, and callers must not change the answer.
    """
    kept = lru_cache(KEPT)(ask)
    return lambda sql: kept(_replace_dates(sql, *_find_placeholders(sql)))


def _find_placeholders(sql: str) -> tuple[list[str], list[str]]:
    """The dates of a statement, and a placeholder for each."""
    dates = list(dict.fromkeys(_DATE.findall(sql)))
    return dates, [str(_FIRST_PLACEHOLDER + timedelta(n)) for n in range(len(dates))]


def _replace_dates(sql: str, dates: list[str], by: list[str]) -> str:
    replacement = dict(zip(dates, by, strict=True))
    return _DATE.sub(lambda found: replacement.get(found[0], found[0]), sql)


def translate_once(
    translate: Callable[..., Result[str, Any]],
) -> Callable[..., Result[str, Any]]:
    """Wrap `SQLTranslator.translate`, so that a translation is used for all dates."""

    def translate_or_raise(sql: str, translator: SQLTranslator, columns: Any, caller: Any) -> str:
        schema = {table: dict(types) for table, types in columns}
        translated = translate(translator, sql, schema=schema or None, caller=caller)
        return str(translated.unwrap())

    translate_remembered = translate_once_for_all_dates(translate_or_raise)

    def translate_remembering(
        self: SQLTranslator,
        bq_sql: str,
        *,
        schema: Mapping[str, Mapping[str, str]] | None = None,
        caller: Any = None,
    ) -> Result[str, Any]:
        columns = tuple((table, tuple(types.items())) for table, types in (schema or {}).items())
        try:
            return Ok(translate_remembered(bq_sql, self, columns, caller))
        except DomainError as error:
            return Err(error)

    return translate_remembering


def build_schema_of_tables(
    build_schema: Callable[..., dict[str, dict[str, str]]],
) -> Callable[..., dict[str, dict[str, str]]]:
    """Wrap `build_catalog_schema`, so that it parses a short statement with the same tables."""

    def build_from_tables(
        bq_sql: str, *, project_id: str, catalog: CatalogRepository
    ) -> dict[str, dict[str, str]]:
        return build_schema(_select_tables(bq_sql), project_id=project_id, catalog=catalog)

    return build_from_tables


@answer_once_for_all_dates
def _select_tables(sql: str) -> str:
    """A SELECT from the tables of a statement, or the statement itself if it cannot be parsed."""
    try:
        tables = sqlglot.parse_one(sql, read="bigquery").find_all(exp.Table)
    except ParseError:
        return sql
    names = [
        exp.Table(this=table.this, db=table.args.get("db"), catalog=table.args.get("catalog")).sql(
            "bigquery"
        )
        for table in tables
        if table.db
    ]
    # The last of two tables with one name in two datasets is used.
    last = list(dict.fromkeys(reversed(names)))[::-1]
    return f"SELECT * FROM {', '.join(last)}" if last else "SELECT 1"


def rewrite_where_access_is_limited(rewrite: Callable[..., str]) -> Callable[..., str]:
    """Wrap `rewrite_for_row_access`, so that it is called only if policies or views exist."""

    def rewrite_if_needed(bq_sql: str, *, catalog: CatalogRepository, **options: Any) -> str:
        limited = catalog.list_all_row_access_policies() or any(
            catalog.list_views(dataset.project_id, dataset.dataset_id)
            for dataset in catalog.list_all_datasets()
        )
        return rewrite(bq_sql, catalog=catalog, **options) if limited else bq_sql

    return rewrite_if_needed
