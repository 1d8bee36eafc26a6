"""Statements that differ only by dates share a translation, which equals their own one."""

from datetime import UTC, date, datetime

import pytest
from bqemulator.catalog.memory_repository import MemoryCatalogRepository
from bqemulator.catalog.models import DatasetMeta, TableFieldSchema, TableMeta, TableSchema
from bqemulator.sql.catalog_schema import build_catalog_schema
from bqemulator.sql.translator import SQLTranslator
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.defs.anomaly_alerts.query import alerts_sql
from wattif_dagster.defs.detector_evaluation.query import evaluation_sql
from wattif_dagster.defs.fleet_anomalies.query import fleet_anomalies_sql
from wattif_dagster.detection.layered.queries import baseline_steps, scores_steps
from wattif_dagster.detection.steps import Tables
from wattif_dagster.local_cloud.bigquery.translations import (
    answer_once_for_all_dates,
    build_schema_of_tables,
    translate_once,
    translate_once_for_all_dates,
)
from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster_tests.local_cloud.bigquery.server import Server, ndjson, row

TABLES = Tables("`p.d.{}`", registry=True)
STATEMENTS = {
    "fleet": lambda day: fleet_anomalies_sql("wattif-local", "wattif", day),
    "baseline": lambda day: baseline_steps(TABLES, day, 360)[-1].select,
    "scores": lambda day: scores_steps(TABLES, day, 360)[-1].select,
    "alerts": lambda day: alerts_sql("`p.d.flagged_days`", day, AlertRule()),
    "evaluation": lambda day: evaluation_sql("`p.d.scores`", "`p.d.injected`", day),
}


class Counted:
    """Records the calls of a translator that, as the real one, rewrites dates."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, sql: str, *more: str) -> str:
        self.asked.append(sql)
        return sql.replace("DATE '", "DAY '") + "".join(more)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_translation_for_another_day_is_reused(statement: str) -> None:
    translations: list[str] = []

    def counted(translator: SQLTranslator, sql: str, **options: object) -> object:
        translations.append(sql)
        return SQLTranslator.translate(translator, sql, **options)  # type: ignore[arg-type]

    translator, translate_remembered = SQLTranslator(), translate_once(counted)  # type: ignore[arg-type]
    for day in (date(2024, 1, 14), date(2024, 3, 1)):
        sql = STATEMENTS[statement](day)
        assert translate_remembered(translator, sql) == translator.translate(sql)
    assert len(translations) == 1


def test_equality_of_dates_distinguishes_statements() -> None:
    translate = Counted()
    translate_remembered = translate_once_for_all_dates(translate)
    asked = [
        "SELECT DATE '2024-01-01', DATE '2024-01-01'",
        "SELECT DATE '2024-01-01', DATE '2024-01-02'",
        "SELECT DATE '2024-01-02', TIMESTAMP '2024-01-01 00:00:00+00'",
    ]
    assert [translate_remembered(sql) for sql in asked] == [Counted()(sql) for sql in asked]
    assert [translate_remembered(sql, "x") for sql in asked[:1]] == [Counted()(asked[0], "x")]
    assert len(translate.asked) == 4


def test_translation_that_loses_a_date_is_not_reused() -> None:
    translate_remembered = translate_once_for_all_dates(
        lambda sql: f"SELECT {len(sql)}, {sql[-3:-1]}"
    )
    assert translate_remembered("SELECT DATE '2024-01-05'") == "SELECT 24, 05"
    assert translate_remembered("SELECT DATE '2024-01-06'") == "SELECT 24, 06"


@given(st.lists(st.dates() | st.text("'; \n?-0123456789T")))
def test_placeholders_leave_any_text_unchanged(pieces: list[object]) -> None:
    sql = " ".join(f"DATE '{piece}'" for piece in pieces)
    assert translate_once_for_all_dates(lambda text: text)(sql) == sql


def catalog() -> MemoryCatalogRepository:
    """The tables of the statements except `injected`, with two columns each."""
    made = MemoryCatalogRepository()
    then = datetime(2024, 1, 1, tzinfo=UTC)
    times = {"creation_time": then, "last_modified_time": then, "etag": "e"}
    made.create_dataset(DatasetMeta(project_id="p", dataset_id="d", **times))
    for name in (
        "hourly_consumption",
        "baseline_fit",
        "consumption_deviations",
        "meter_registry",
        "scores",
        "flagged_days",
    ):
        columns = (("serial", "STRING"), (f"{name}_kwh", "FLOAT"))
        fields = tuple(TableFieldSchema(name=column, type=kind) for column, kind in columns)
        made.create_table(
            TableMeta(
                project_id="p",
                dataset_id="d",
                table_id=name,
                schema=TableSchema(fields=fields),
                **times,
            )
        )
    return made


@pytest.mark.parametrize("statement", STATEMENTS)
def test_schema_for_another_day_is_reused(statement: str) -> None:
    asked: list[str] = []

    def counted(sql: str, **options: object) -> dict[str, dict[str, str]]:
        asked.append(sql)
        return build_catalog_schema(sql, **options)  # type: ignore[arg-type]

    build_schema, tables = build_schema_of_tables(counted), catalog()
    for day in (date(2024, 1, 14), date(2024, 3, 1)):
        sql = STATEMENTS[statement](day)
        known = build_schema(sql, project_id="p", catalog=tables)
        assert known == build_catalog_schema(sql, project_id="p", catalog=tables)
        assert bool(known) == (statement != "fleet")
    assert asked[0] == asked[1]
    assert len(asked[0]) < 200


def test_schema_of_equal_table_names_is_the_emulators() -> None:
    tables = catalog()
    made = tables.get_table("p", "d", "meter_registry")
    assert made
    other = TableSchema(fields=(TableFieldSchema(name="serial", type="INTEGER"),))
    tables.create_dataset(tables.get_dataset("p", "d").model_copy(update={"dataset_id": "a"}))  # type: ignore[union-attr]
    tables.create_table(made.model_copy(update={"dataset_id": "a", "schema_": other}))
    for names in (("a", "d"), ("d", "a"), ("a", "d", "a")):
        sql = "SELECT 1 FROM " + ", ".join(f"`p.{name}.registry` AS t{name}" for name in names)
        asked = {"project_id": "p", "catalog": tables}
        assert build_schema_of_tables(build_catalog_schema)(sql, **asked) == build_catalog_schema(
            sql,
            **asked,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("sql", ["SELECT 1", "SELEC FROM `p.d.registry`", "SELECT * FROM registry"])
def test_schema_without_tables_is_empty(sql: str) -> None:
    asked = {"project_id": "p", "catalog": catalog()}
    assert build_schema_of_tables(build_catalog_schema)(sql, **asked) == {}


def test_answer_without_dates_is_reused() -> None:
    asked: list[str] = []
    columns = answer_once_for_all_dates(lambda sql: asked.append(sql) or len(sql))
    assert columns("SELECT DATE '2024-01-05' AS a") == columns("SELECT DATE '2024-01-06' AS a")
    assert columns("SELECT 1 AS b") == len("SELECT 1 AS b")
    assert len(asked) == 2


@pytest.mark.own_sql
def test_new_views_and_row_policies_take_effect(patched: Server) -> None:
    table = patched.table()
    name = f"`{table.project}.{table.dataset_id}.readings`"
    view = f"`{table.project}.{table.dataset_id}.of_b`"
    rows = [row("2024-01-01T00:00:00Z", serial) for serial in "ABB"]
    patched.load(patched.put("rows.json", ndjson(rows)), table)
    assert patched.rows(f"SELECT COUNT(*) FROM {name}") == [(3,)]
    patched.rows(f"CREATE VIEW {view} AS SELECT serial FROM {name} WHERE serial = 'B'")
    assert patched.rows(f"SELECT COUNT(*) FROM {view}") == [(2,)]
    granted = "GRANT TO ('user:somebody@example.com') FILTER USING (serial = 'A')"
    patched.rows(f"CREATE ROW ACCESS POLICY of_a ON {name} {granted}")
    assert patched.rows(f"SELECT COUNT(*) FROM {name}") == [(0,)]
    patched.client.delete_dataset(table.dataset_id, delete_contents=True)
