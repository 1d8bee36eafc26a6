"""BigQuery's functions that the analyzer does not know, by their shape.

The table functions of BigQuery ML have output columns that follow from their input. They are given
here for the columns that the detectors use, as the reference names them:
https://cloud.google.com/bigquery/docs/reference/standard-sql/bigqueryml-syntax-detect-anomalies
https://cloud.google.com/bigquery/docs/reference/standard-sql/bigqueryml-syntax-ai-detect-anomalies
"""

from typing import Any

from wattif_dagster_tests.googlesql.column_types import Columns, to_proto

_FOUND: Columns = (
    ("is_anomaly", "BOOL"),
    ("lower_bound", "FLOAT64"),
    ("upper_bound", "FLOAT64"),
    ("anomaly_probability", "FLOAT64"),
)
_MODEL = {"kind": "ARG_TYPE_MODEL"}
_ANY = {"kind": "ARG_TYPE_ARBITRARY"}
_RELATION = {
    "kind": "ARG_TYPE_RELATION",
    "options": {"extra_relation_input_columns_allowed": True},
}


def list_aggregates() -> list[dict[str, Any]]:
    """List MAX_BY and MIN_BY, which BigQuery has as ANY_VALUE(x HAVING MAX y)."""
    value, key = ({"kind": f"ARG_TYPE_ANY_{n}", "num_occurrences": 1} for n in (1, 2))
    ordered = key | {"options": {"must_support_ordering": True}}
    return [
        {
            "name_path": [name],
            "group": "BigQuery",
            "mode": "AGGREGATE",
            "signature": [{"argument": [value, ordered], "return_type": value, "context_id": 0}],
        }
        for name in ("max_by", "min_by")
    ]


def list_catalogs() -> list[dict[str, Any]]:
    """List the catalogs of the table functions `ML.DETECT_ANOMALIES` and `AI.DETECT_ANOMALIES`.

    The latter in its form with one table alone: the analyzer gives a table that is left out a type
    that no signature takes.
    """
    ml = _define(
        (("serial", "STRING"), ("time_hour_rolled", "TIMESTAMP"), ("avg_kw", "FLOAT64"), *_FOUND),
        [_require(_MODEL), _allow(_ANY), _allow(_RELATION)],
    )
    ai = _define(
        (
            ("serial", "STRING"),
            ("time_series_timestamp", "TIMESTAMP"),
            ("time_series_data", "FLOAT64"),
            *_FOUND,
            ("ai_detect_anomalies_status", "STRING"),
        ),
        [
            _require(_RELATION),
            _name("data_col", "STRING"),
            _name("timestamp_col", "STRING"),
            _name("target_start_timestamp", "TIMESTAMP"),
            _name("model", "STRING"),
            _name("id_cols", "ARRAY<STRING>"),
            _name("anomaly_prob_threshold", "FLOAT64"),
        ],
    )
    return [{"name": "ML", "custom_tvf": [ml]}, {"name": "AI", "custom_tvf": [ai]}]


def _define(columns: Columns, arguments: list[dict[str, Any]]) -> dict[str, Any]:
    """Make a TableValuedFunctionProto."""
    relation = {"column": [{"name": name, "type": to_proto(of)} for name, of in columns]}
    returned = {
        "kind": "ARG_TYPE_RELATION",
        "num_occurrences": 1,
        "options": {"relation_input_schema": relation},
    }
    return {
        "name_path": ["DETECT_ANOMALIES"],
        "type": "FIXED_OUTPUT_SCHEMA_TVF",
        "signature": {"argument": arguments, "return_type": returned, "context_id": 0},
    }


def _require(argument: dict[str, Any]) -> dict[str, Any]:
    return _count(argument, "REQUIRED", 1)


def _allow(argument: dict[str, Any]) -> dict[str, Any]:
    return _count(argument, "OPTIONAL", 1)


def _name(name: str, of: str) -> dict[str, Any]:
    options = {"argument_name": name, "named_argument_kind": "POSITIONAL_OR_NAMED"}
    return _allow({"kind": "ARG_TYPE_FIXED", "type": to_proto(of), "options": options})


def _count(argument: dict[str, Any], cardinality: str, occurrences: int) -> dict[str, Any]:
    options = {**argument.get("options", {}), "cardinality": cardinality}
    return {**argument, "num_occurrences": occurrences, "options": options}
