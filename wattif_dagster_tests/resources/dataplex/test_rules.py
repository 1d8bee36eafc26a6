"""Files of scan rules, and what is refused in them."""

import copy
from pathlib import Path

import pytest
import yaml
from google.cloud import dataplex_v1
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.defs.anomaly_scan_results.asset import RULES
from wattif_dagster.errors import UserError
from wattif_dagster.resources.dataplex.rules import load_spec, parse_spec

RULE: dict = {"name": "r", "column": "value", "nonNullExpectation": {}}


def find_fault(rule: dict) -> str:
    with pytest.raises(UserError) as caught:
        parse_spec(yaml.safe_dump({"rules": [rule]}), "f.yaml")
    return str(caught.value)


def test_our_rules_check_probability_and_volume() -> None:
    rules = {rule.name: rule for rule in load_spec(RULES).rules}
    accuracy = rules["few-unusual-hours"]
    assert accuracy.dimension == "ACCURACY"
    assert accuracy.row_condition_expectation.sql_expression == (
        "anomaly_prob IS NULL OR anomaly_prob <= 0.99"
    )
    assert rules["day-complete"].table_condition_expectation.sql_expression == "COUNT(*) = 48"
    assert "${data()}" in rules["one-row-per-hour-and-metric"].sql_assertion.sql_statement


def test_camel_and_snake_case_read_the_same() -> None:
    camel = """
        samplingPercent: 10
        rowFilter: value > 0
        postScanActions: {notificationReport: {recipients: {emails: [a@example.com]}}}
        rules:
        - {name: r, column: v, ignoreNull: true, rangeExpectation: {minValue: 0}}
        - {name: s, column: v, statisticRangeExpectation: {statistic: MEAN, maxValue: 2}}
    """
    snake = """
        sampling_percent: 10
        row_filter: value > 0
        post_scan_actions: {notification_report: {recipients: {emails: [a@example.com]}}}
        rules:
        - {name: r, column: v, ignore_null: true, range_expectation: {min_value: "0"}}
        - {name: s, column: v, statistic_range_expectation: {statistic: MEAN, max_value: "2"}}
    """
    spec = parse_spec(camel, "camel")
    assert spec == parse_spec(snake, "snake")
    assert spec.row_filter == "value > 0"
    assert spec.rules[0].range_expectation.min_value == "0"
    statistic = dataplex_v1.DataQualityRule.StatisticRangeExpectation.ColumnStatistic.MEAN
    assert spec.rules[1].statistic_range_expectation.statistic == statistic


def test_yaml_scalars_stay_texts() -> None:
    text = "rules: [{name: r, column: v, setExpectation: {values: [NO, 1, 2024-01-01]}}]"
    assert list(parse_spec(text, "f").rules[0].set_expectation.values) == ["NO", "1", "2024-01-01"]


def test_expectation_without_fields_may_be_empty() -> None:
    spec = parse_spec("rules: [{name: r, column: v, nonNullExpectation: }]", "f")
    assert "non_null_expectation" in spec.rules[0]


def test_rule_may_refer_to_a_template_with_values() -> None:
    template = "projects/p/locations/us-central1/entryGroups/g/entries/e"
    rule = {"name": "r", "templateReference": {"name": template, "values": {"a": {"value": "1"}}}}
    spec = parse_spec(yaml.safe_dump({"rules": [rule]}), "f")
    reference = spec.rules[0].template_reference
    assert reference.name == template
    assert {name: item.value for name, item in reference.values.items()} == {"a": "1"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nam": "x"}, "rules['r'].nam is not a field of DataQualityRule"),
        ({"threshold": "high"}, "rules['r'].threshold is 'high'. Use a number"),
        ({"threshold": float("nan")}, "rules['r'].threshold is '.nan'. Use a number"),
        ({"threshold": 1.5}, "rule 'r': threshold: must be in 0.0 to 1.0, not 1.5"),
        ({"threshold": -0.1}, "rule 'r': threshold: must be in 0.0 to 1.0, not -0.1"),
        ({"ignoreNull": "yes"}, "rules['r'].ignoreNull is 'yes'. Use true or false"),
        ({"ignoreNull": True}, "rule 'r': ignoreNull: not valid for nonNullExpectation"),
        ({"ignoreNull": True, "ignore_null": True}, "ignore_null is given twice"),
        (
            {"dimension": "accuracy"},
            "rule 'r': dimension: 'accuracy' must be 1 to 30",
        ),
        ({"description": "d" * 1025}, "rule 'r': description: at most 1024 characters, not 1025"),
        ({"column": ""}, "rule 'r': column: required by nonNullExpectation"),
        ({"name": ""}, "rule 1: name is missing"),
        ({"name": "a_b"}, "rule 'a_b': name: 'a_b' must be 1 to 63 letters"),
        ({"nonNullExpectation": []}, "nonNullExpectation must have fields, not a list"),
        ({"attributes": "a"}, "attributes must have names and values, not a text"),
        ({"column": ["v"]}, "column must be a single value, not a list"),
        ({"rangeExpectation": {"minValue": "0"}}, "multiple"),
    ],
)
def test_bad_rule_is_named_with_its_field(change: dict, said: str) -> None:
    message = find_fault({**copy.deepcopy(RULE), **change})
    assert message.startswith("f.yaml: ")
    assert said in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        ({}, "it has no expectation"),
        ({"noSuchExpectation": {}}, "noSuchExpectation is not a field"),
        ({"rangeExpectation": {}}, "rangeExpectation: min_value or max_value is required"),
        (
            {"setExpectation": {"values": []}},
            "setExpectation.values: at least one value",
        ),
        ({"setExpectation": {"values": "AVG"}}, "values must be a list, not a text"),
        ({"regexExpectation": {}}, "regexExpectation.regex: required"),
        (
            {"templateReference": {"name": "my-template"}},
            "templateReference.name: 'my-template' must be the name of a catalog entry",
        ),
        (
            {"statisticRangeExpectation": {"minValue": "1"}},
            "statistic: MEAN, MIN or MAX is",
        ),
        ({"statisticRangeExpectation": {"statistic": "MODE"}}, "Use one of STATISTIC_UNDEFINED"),
        ({"rowConditionExpectation": {}}, "rowConditionExpectation.sqlExpression: required"),
        (
            {"rowConditionExpectation": {"sqlExpression": "a; b"}},
            "sqlExpression: must not contain semicolons",
        ),
        (
            {"sqlAssertion": {"sqlStatement": "SELECT 1;"}},
            "sqlStatement: must not contain semicolons",
        ),
        (
            {"tableConditionExpectation": {"sqlExpression": "TRUE"}, "threshold": 0.5},
            "threshold: not valid for tableConditionExpectation",
        ),
    ],
)
def test_bad_expectation_is_named(expectation: dict, said: str) -> None:
    assert said in find_fault({"name": "r", "column": "value", **expectation})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the document must have fields, not nothing"),
        ("- a", "the document must have fields, not a list"),
        ("rules: []", "rules: 1 to 1000 are required"),
        ("samplingPercent: 101", "samplingPercent: must be in 0 to 100"),
        ("rowFilter: a;b", "rowFilter: must not contain semicolons"),
        ("rules: [{", "is not YAML on line 1"),
        ("rules: &r [*r]", "is not YAML on line 1"),
        ("\x00", "is not YAML: unacceptable character"),
        ("[" * 600, "is nested too deeply"),
    ],
)
def test_bad_document_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_spec(text, "f.yaml")
    assert str(caught.value).startswith("f.yaml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_repeated_name_is_refused() -> None:
    with pytest.raises(UserError, match=r"f\.yaml: rule 'r': the name is used twice\."):
        parse_spec(yaml.safe_dump({"rules": [RULE, copy.deepcopy(RULE)]}), "f.yaml")


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml cannot be read: No such file"):
        load_spec(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"rules: \xff")
    with pytest.raises(UserError, match=r"latin\.yaml cannot be read: it is not UTF-8"):
        load_spec(tmp_path / "latin.yaml")


WORDS = st.sampled_from(
    [
        *dataplex_v1.DataQualityRule.pb().DESCRIPTOR.fields_by_camelcase_name,
        *dataplex_v1.DataQualitySpec.pb().DESCRIPTOR.fields_by_name,
        *("minValue", "values", "statistic", "MEAN", "sqlStatement", "SELECT 1;", "\ud800"),
    ]
)
DOCUMENTS = st.recursive(
    WORDS | st.text() | st.floats() | st.integers() | st.booleans() | st.none() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(), inner),
    max_leaves=12,
)


@given(DOCUMENTS | st.fixed_dictionaries({"rules": st.lists(DOCUMENTS, max_size=3)}))
def test_any_document_is_a_spec_or_a_user_error(document: object) -> None:
    check_spec_or_user_error(yaml.safe_dump(document))


@given(st.text() | st.text("[]{}&*!|>-:?,#'\"% \n\tab01~@`=<"))
def test_any_text_is_a_spec_or_a_user_error(text: str) -> None:
    check_spec_or_user_error(text)


@given(st.data())
def test_our_rules_with_a_changed_part_are_a_spec_or_refused(data: st.DataObject) -> None:
    text = RULES.read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    check_spec_or_user_error(text[:start] + data.draw(st.text(max_size=3)) + text[end:])


def check_spec_or_user_error(text: str) -> None:
    said = ""
    try:
        assert parse_spec(text, "f.yaml").rules
    except UserError as error:
        said = str(error)
    assert not said or (said.startswith("f.yaml") and "\n" not in said and said.encode())
