"""A statement is translated once for all its dates, and to what a translation of its own gives."""

from datetime import date

import pytest
from bqemulator.sql.translator import SQLTranslator
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.detection.alert_options import AlertOptions
from wattif_dagster.detection.alerts import alerts_sql
from wattif_dagster.detection.evaluation import evaluation_sql
from wattif_dagster.detection.fleet import fleet_anomalies_sql
from wattif_dagster.detection.layered.queries import Tables, baseline_sql, scores_sql
from wattif_dagster.local_cloud.bigquery.translations import once_for_all_dates, translating_once

TABLES = Tables("`p.d.hourly_consumption`", "`p.d.consumption_baseline`", "`p.d.registry`", "`p.m`")
STATEMENTS = {
    "fleet": lambda day: fleet_anomalies_sql("wattif-local", "wattif", day),
    "baseline": lambda day: baseline_sql(TABLES, day, 360),
    "scores": lambda day: scores_sql(TABLES, day, 360),
    "alerts": lambda day: alerts_sql("`p.d.scores`", day, AlertOptions()),
    "evaluation": lambda day: evaluation_sql("`p.d.scores`", "`p.d.injected`", day),
}


class Counted:
    """A translator that counts what it is asked; it writes dates as casts, as the real one does."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, sql: str, *more: str) -> str:
        self.asked.append(sql)
        return sql.replace("DATE '", "DAY '") + "".join(more)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_another_day_is_translated_as_by_itself(statement: str) -> None:
    translations: list[str] = []

    def counted(translator: SQLTranslator, sql: str, **options: object) -> object:
        translations.append(sql)
        return SQLTranslator.translate(translator, sql, **options)  # type: ignore[arg-type]

    translator, remembering = SQLTranslator(), translating_once(counted)  # type: ignore[arg-type]
    for day in (date(2024, 1, 14), date(2024, 3, 1)):
        sql = STATEMENTS[statement](day)
        assert remembering(translator, sql) == translator.translate(sql)
    assert len(translations) == 1


def test_what_is_equal_in_one_statement_may_differ_in_another() -> None:
    translate = Counted()
    remembering = once_for_all_dates(translate)
    asked = [
        "SELECT DATE '2024-01-01', DATE '2024-01-01'",
        "SELECT DATE '2024-01-01', DATE '2024-01-02'",
        "SELECT DATE '2024-01-02', TIMESTAMP '2024-01-01 00:00:00+00'",
    ]
    assert [remembering(sql) for sql in asked] == [Counted()(sql) for sql in asked]
    assert [remembering(sql, "x") for sql in asked[:1]] == [Counted()(asked[0], "x")]
    assert len(translate.asked) == 4


def test_a_translation_without_its_dates_is_not_kept() -> None:
    remembering = once_for_all_dates(lambda sql: f"SELECT {len(sql)}, {sql[-3:-1]}")
    assert remembering("SELECT DATE '2024-01-05'") == "SELECT 24, 05"
    assert remembering("SELECT DATE '2024-01-06'") == "SELECT 24, 06"


@given(st.lists(st.dates() | st.text("'; \n?-0123456789T")))
def test_whatever_is_said_comes_back(pieces: list[object]) -> None:
    sql = " ".join(f"DATE '{piece}'" for piece in pieces)
    assert once_for_all_dates(lambda text: text)(sql) == sql
