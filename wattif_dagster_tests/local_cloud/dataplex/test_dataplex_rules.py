"""Every rule kind runs on rows that pass, rows that fail, and NULLs."""

import re
from itertools import cycle
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud import dataplex_v1 as dp

from wattif_dagster.local_cloud.dataplex.evaluate import evaluate
from wattif_dagster.local_cloud.dataplex.names import TableName
from wattif_dagster.local_cloud.dataplex.warehouse import Rows, Warehouse

from .scans import ALWAYS, Scans, data_scan, row_condition, rule

# Rules, and the ids of the rows of ds.people that fail them.
ROW_RULES: dict[str, tuple[dp.DataQualityRule, list[int]]] = {
    "range": (
        rule("range_expectation", {"min_value": "0", "max_value": "9.5"}, column="value"),
        [4, 5],
    ),
    "range, strict": (
        rule(
            "range_expectation",
            {
                "min_value": "0.5",
                "max_value": "9.5",
                "strict_min_enabled": True,
                "strict_max_enabled": True,
            },
            column="value",
        ),
        [1, 3, 4, 5],
    ),
    "range, int": (rule("range_expectation", {"min_value": "2"}, column="id"), [1]),
    "range, numeric": (rule("range_expectation", {"max_value": "2.50"}, column="price"), [3, 5]),
    "range, date": (
        rule("range_expectation", {"min_value": "2024-01-03"}, column="day"),
        [1, 2, 5],
    ),
    "range, timestamp": (
        rule("range_expectation", {"max_value": "2024-01-02T00:00:00Z"}, column="seen"),
        [3, 4, 5],
    ),
    "non_null": (rule("non_null_expectation", column="name"), [5]),
    "set": (rule("set_expectation", {"values": ["ann", "it's \\"]}, column="name"), [2, 3, 5]),
    "set, int": (rule("set_expectation", {"values": ["1", "3", "99"]}, column="id"), [2, 4, 5]),
    "set, bool": (rule("set_expectation", {"values": ["true"]}, column="ok"), [3, 5]),
    "regex": (rule("regex_expectation", {"regex": r"^[a-z]{3}$"}, column="NAME"), [4, 5]),
    "uniqueness": (rule("uniqueness_expectation", column="name"), [2, 3, 5]),
    "row_condition": (row_condition("value >= 0 AND name IS NOT NULL"), [4, 5]),
    "comment": (row_condition("value >= 0 -- not negative"), [4, 5]),
}


@pytest.mark.parametrize("case", ROW_RULES)
def test_row_rule_counts_rows_and_finds_failing_rows(
    case: str, scans: Scans, warehouse: bigquery.Client
) -> None:
    tested, failing = ROW_RULES[case]
    (result,) = scans.results(tested).rules
    assert result.rule == tested
    assert (result.evaluated_count, result.passed_count) == (5, 5 - len(failing))
    assert result.null_count == (0 if tested.column in ("", "id") else 1)
    assert result.pass_ratio == pytest.approx(result.passed_count / 5)
    assert not result.passed
    rows = warehouse.query(result.failing_rows_query).result()
    assert sorted(row["id"] for row in rows) == failing


EVERY_ROW = {"sql_statement": "SELECT 1 FROM ${data()} -- all"}
FIVE_ROWS = {"sql_expression": "COUNT(*) = 5 -- all"}
AT_MOST_9 = {"statistic": "MAX", "max_value": "9"}

# Aggregate rules, and whether they pass.
OTHERS = (
    (rule("sql_assertion", EVERY_ROW), False),
    (rule("table_condition_expectation", FIVE_ROWS), True),
    (rule("statistic_range_expectation", AT_MOST_9, column="value"), False),
)


def test_evaluate_answers_all_rules_with_one_query(bigquery_endpoint: str) -> None:
    """The results are in the order of the spec, also with mixed rule kinds."""
    warehouse, asked = Warehouse(bigquery_endpoint), []

    def query(sql: str) -> Rows:
        asked.append(sql)
        return warehouse.query(sql, "demo-project")

    mixed = list(zip(ROW_RULES.values(), cycle(OTHERS), strict=False))
    scan = data_scan(*(tested for pair in mixed for tested, _ in pair))
    columns = warehouse.get_columns(TableName("demo-project", "ds", "people"))
    assert columns
    results = evaluate(scan, columns, None, query).result.rules
    assert len(asked) == 1
    assert [result.rule for result in results] == list(scan.data_quality_spec.rules)
    for in_rows, other, ((_, failing), (_, passed)) in zip(
        results[::2], results[1::2], mixed, strict=True
    ):
        assert 5 - in_rows.passed_count == len(failing)
        assert other.passed == passed
        assert other.assertion_row_count == (5 if "sql_assertion" in other.rule else 0)


@pytest.mark.parametrize("column", ["value", "total", "nulls_0", "passed_0", "answer_1"])
@pytest.mark.own_sql
def test_assertion_does_not_see_columns_of_other_rules(scans: Scans, column: str) -> None:
    mistyped = {"sql_statement": f"SELECT 1 FROM UNNEST([1]) AS n WHERE {column} > 100"}
    tested = rule("sql_assertion", mistyped, name="mistyped")
    assert scans.failure(ALWAYS, tested).startswith("rule mistyped: ")


def test_table_condition_without_aggregate_fails_the_job(
    scans: Scans, warehouse: bigquery.Client
) -> None:
    numbers = "UNNEST(GENERATE_ARRAY(1, 20000)) n"
    warehouse.query(f"CREATE OR REPLACE TABLE ds.twenty AS SELECT n FROM {numbers}").result()
    no_aggregate = rule("table_condition_expectation", {"sql_expression": "n > 1"}, name="no")
    resource = "//bigquery.googleapis.com/projects/demo-project/datasets/ds/tables/twenty"
    scans.create(data_scan(*[no_aggregate] * 3, resource=resource))
    job = scans.run()
    assert job.message == "rule no: one answer was expected, not more"


@pytest.mark.own_sql
def test_broken_row_filter_is_blamed_on_no_rule(scans: Scans) -> None:
    message = scans.failure(ALWAYS, row_condition("id > 0"), row_filter="no_such_column > 1")
    assert "no_such_column" in message
    assert not message.startswith("rule")


@pytest.mark.parametrize(
    ("tested", "passed"),
    [
        (rule("range_expectation", {"min_value": "0"}, column="value"), 3),
        (rule("set_expectation", {"values": ["ann"]}, column="name"), 1),
        (rule("regex_expectation", {"regex": "^[ab]"}, column="name"), 3),
        (rule("uniqueness_expectation", column="name"), 2),
    ],
    ids=lambda value: value.column if isinstance(value, dp.DataQualityRule) else str(value),
)
def test_ignore_null_leaves_nulls_out_of_the_counts(
    tested: dp.DataQualityRule, passed: int, scans: Scans, warehouse: bigquery.Client
) -> None:
    tested = dp.DataQualityRule(tested, ignore_null=True)
    (result,) = scans.results(tested).rules
    assert (result.evaluated_count, result.passed_count, result.null_count) == (4, passed, 1)
    failing = warehouse.query(result.failing_rows_query).result()
    assert len(list(failing)) == 4 - passed


@pytest.mark.parametrize(("threshold", "passes"), [(0, False), (0.6, True), (0.61, False)])
def test_threshold_is_a_ratio_and_zero_means_all_rows(
    threshold: float, passes: bool, scans: Scans
) -> None:
    (result,) = scans.results(row_condition("value >= 0", threshold=threshold)).rules
    assert result.pass_ratio == pytest.approx(0.6)
    assert result.passed is passes


NULL_CONDITION = "LOGICAL_AND(IF(value > 9, CAST(NULL AS BOOL), NULL))"


def statistic(name: str, **bounds: Any) -> dp.DataQualityRule:
    return rule("statistic_range_expectation", {"statistic": name, **bounds}, column="value")


@pytest.mark.parametrize(
    ("tested", "passes"),
    [
        (statistic("MEAN", min_value="2.6", max_value="2.7"), True),
        (statistic("MEAN", max_value="2.6"), False),
        (statistic("MIN", min_value="-1"), True),
        (statistic("MIN", min_value="-1", strict_min_enabled=True), False),
        (statistic("MAX", max_value="9.5"), True),
        (statistic("MAX", max_value="9.5", strict_max_enabled=True), False),
        (rule("table_condition_expectation", {"sql_expression": "COUNT(*) = 5"}), True),
        (rule("table_condition_expectation", {"sql_expression": "MAX(value) < 9"}), False),
        (rule("table_condition_expectation", {"sql_expression": NULL_CONDITION}), False),
    ],
)
def test_aggregate_rule_passes_or_fails_as_a_whole(
    tested: dp.DataQualityRule, passes: bool, scans: Scans
) -> None:
    (result,) = scans.results(tested).rules
    assert result.passed is passes
    assert (result.evaluated_count, result.failing_rows_query) == (0, "")


@pytest.mark.parametrize(("limit", "rows"), [(100, 0), (1, 2)])
def test_sql_assertion_counts_the_rows_it_returns(limit: int, rows: int, scans: Scans) -> None:
    sql = f"SELECT * FROM ${{data()}} WHERE value > {limit} -- too much"
    (result,) = scans.results(rule("sql_assertion", {"sql_statement": sql})).rules
    assert result.assertion_row_count == rows
    assert result.passed is (rows == 0)


def test_row_filter_applies_to_counts_and_data_reference(scans: Scans) -> None:
    sql = "SELECT * FROM ${ data() }"
    assertion = rule("sql_assertion", {"sql_statement": sql})
    counting = rule("table_condition_expectation", {"sql_expression": "COUNT(*) = 2"})
    result = scans.results(ALWAYS, assertion, counting, row_filter="name = 'bob' -- or not")
    assert result.row_count == 2
    assert result.rules[0].evaluated_count == 2
    assert result.rules[1].assertion_row_count == 2
    assert result.rules[2].passed


def test_rules_pass_when_the_filter_keeps_no_row(scans: Scans) -> None:
    result = scans.results(row_condition("value > 99"), row_filter="FALSE")
    assert (result.row_count, result.passed, result.score) == (0, True, 100)
    assert result.rules[0].pass_ratio == 1


def test_scores_are_the_percentage_of_passed_rules(scans: Scans) -> None:
    result = scans.results(
        rule("non_null_expectation", column="id", dimension="COMPLETENESS"),
        rule("non_null_expectation", column="name", dimension="COMPLETENESS"),
        rule("uniqueness_expectation", column="id", dimension="UNIQUENESS"),
    )
    assert not result.passed
    assert result.score == pytest.approx(66.67, abs=0.01)
    dimensions = {item.dimension.name: (item.passed, item.score) for item in result.dimensions}
    assert dimensions == {"COMPLETENESS": (False, 50), "UNIQUENESS": (True, 100)}
    columns = {item.column: (item.passed, item.score) for item in result.columns}
    assert columns == {"id": (True, 100), "name": (False, 0)}
    assert [item.dimension.name for item in result.columns[0].dimensions] == list(dimensions)


def test_suspended_rules_are_not_run(scans: Scans) -> None:
    broken = row_condition("no_such_column", suspended=True)
    result = scans.results(ALWAYS, broken)
    assert [item.rule for item in result.rules] == [ALWAYS]


def test_debug_queries_return_named_and_typed_values(scans: Scans) -> None:
    names = ", ".join(f"{number} AS n{number}" for number in range(9))
    sql = f"SELECT MAX(value) AS top, MIN(name) AS first, {names} FROM ${{data()}}"
    debugged = row_condition("TRUE", debug_queries=[{"sql_statement": sql}])
    (answers,) = scans.results(debugged).rules[0].debug_queries_result_sets
    assert len(answers.results) == 10
    first, second = answers.results[:2]
    assert (first.name, first.type_, first.value) == ("top", "FLOAT", "9.5")
    assert (second.name, second.type_, second.value) == ("first", "STRING", "ann")


def test_sampling_takes_one_subset_for_all_rules(scans: Scans, warehouse: bigquery.Client) -> None:
    resource = "//bigquery.googleapis.com/projects/demo-project/datasets/ds/tables/many"
    warehouse.query("CREATE TABLE IF NOT EXISTS ds.many (id INT64)").result()
    warehouse.query("INSERT INTO ds.many SELECT n FROM UNNEST(GENERATE_ARRAY(1, 2000)) n").result()
    rules = [
        row_condition("id < 0"),
        rule("sql_assertion", {"sql_statement": "SELECT * FROM ${data()}"}),
    ]
    scans.create(
        dp.DataScan(
            data={"resource": resource},
            data_quality_spec=dp.DataQualitySpec(rules=rules, sampling_percent=12.5),
        )
    )
    result = scans.run().data_quality_result
    assert 150 < result.row_count < 350  # 250 are expected, and the rows fix the sample
    assert result.rules[0].evaluated_count == result.row_count
    assert result.rules[1].assertion_row_count == result.row_count
    failing = list(warehouse.query(result.rules[0].failing_rows_query).result())
    assert len(failing) == result.row_count


@pytest.mark.parametrize(
    ("tested", "reason"),
    [
        (row_condition("no_such_column > 1", name="broken"), "rule broken: .*no_such_column"),
        (rule("non_null_expectation", column="nope"), "has no column 'nope'"),
        (rule("range_expectation", {"min_value": "low"}, column="value"), "'low' is not a number"),
        (rule("set_expectation", {"values": ["a"]}, column="tags"), "column of type ARRAY"),
        (rule("regex_expectation", {"regex": "a"}, column="id"), "needs a STRING column"),
        (rule("regex_expectation", {"regex": "("}, column="name"), "rule regex_expectation: "),
        (rule("table_condition_expectation", {"sql_expression": "id > 1"}), "one answer"),
        (
            rule(
                "statistic_range_expectation",
                {"statistic": "MAX", "max_value": "1"},
                column="name",
            ),
            "needs a number",
        ),
    ],
)
@pytest.mark.own_sql
def test_rule_that_cannot_be_evaluated_fails_the_job(
    tested: dp.DataQualityRule, reason: str, scans: Scans
) -> None:
    assert re.search(reason, scans.failure(ALWAYS, tested, row_condition("id > 0")))
    assert "data_quality_result" not in scans.get()
