"""The parsed SQL of the detectors that forecast, which only Google can run."""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp

STAND_IN = "detected"
"""A table with the columns that the function returns according to its reference."""

COLUMNS = {
    "ML": {"serial": "STRING", "time_hour_rolled": "TIMESTAMP", "avg_kw": "FLOAT64"},
    "AI": {"serial": "STRING", "time_series_timestamp": "STRING", "time_series_data": "FLOAT64"},
}
"""The columns that tell apart what ML.DETECT_ANOMALIES and AI.DETECT_ANOMALIES return."""

RESULT_COLUMNS = {
    "is_anomaly": "BOOL",
    "lower_bound": "FLOAT64",
    "upper_bound": "FLOAT64",
    "anomaly_probability": "FLOAT64",
}


@dataclass(frozen=True)
class Parsed:
    """`query` reads STAND_IN in place of the function's call. `given` is the query among the call's
    arguments, with the CTEs that it may use. `arguments` are the others."""

    query: exp.Select
    function: str
    given: exp.Select
    arguments: list[exp.Expr]

    @property
    def columns(self) -> dict[str, str]:
        """The stand-in's columns and their types."""
        return COLUMNS[self.function] | RESULT_COLUMNS

    @property
    def history(self) -> exp.Select:
        """The rows that AI.DETECT_ANOMALIES learns from: those up to the start of the target."""
        return self._split("<=")

    @property
    def target(self) -> exp.Select:
        """The rows that the function scores."""
        return self.given if self.function == "ML" else self._split(">")

    def _split(self, comparison: str) -> exp.Select:
        named = {argument.name: argument.expression for argument in self.arguments}
        start = named["target_start_timestamp"].sql("bigquery")
        condition = f"{named['timestamp_col'].name} {comparison} {start}"
        given = self.given.subquery("given")
        return exp.select("*").from_(given).where(condition, dialect="bigquery")


def parse(sql: str) -> Parsed:
    """Parse BigQuery's SQL.

    sqlglot's grammar does not know that DETECT_ANOMALIES takes a MODEL. Without that word it is a
    call like any other, and the rest is checked.
    """
    (query,) = sqlglot.parse(sql.replace("MODEL `", "`"), read="bigquery")
    assert isinstance(query, exp.Select)
    (call,) = [f for f in query.find_all(exp.Anonymous) if f.name == "DETECT_ANOMALIES"]
    table = call.parent
    assert isinstance(table, exp.Table)
    (subquery,) = [a for a in call.expressions if isinstance(a, exp.Subquery)]
    given = subquery.this.copy()
    # A CTE sees those before it.
    before = query.ctes[: [cte.alias for cte in query.ctes].index("scored")]
    given.set("with_", exp.With(expressions=[cte.copy() for cte in before]))
    others = [argument for argument in call.expressions if argument is not subquery]
    function = table.db
    table.replace(exp.to_table(STAND_IN))
    return Parsed(query, function, given, others)
