"""Reads what came of the scored days: their scores, how good these are, and the flagged meters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from google.cloud.bigquery import ArrayQueryParameter

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import HISTORY_DAYS
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster.threshold import THRESHOLD

SCORES_SCHEMA = pa.schema(
    [
        ("serial", pa.string()),
        ("time_hour_rolled", pa.timestamp("us", tz="UTC")),
        ("avg_kw", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("score", pa.float64()),
        ("anomaly_probability", pa.float64()),
        ("reason", pa.string()),
        ("provisional", pa.bool_()),
    ]
)
RULE = "STARTS_WITH(reason, 'rule:')"


@dataclass(frozen=True)
class Coverage:
    """How far the days and meters could be judged.

    `by_rules` are days on which nothing but the rules judged any meter. On `provisional` days no
    meter had a full history. `young` meters had too little history for anything but the rules.
    """

    by_rules: tuple[date, ...]
    provisional: tuple[date, ...]
    settled: tuple[date, ...]
    meters: int
    young_meters: int
    provisional_meters: int

    @property
    def days(self) -> tuple[date, ...]:
        """Every day that has scores."""
        return tuple(sorted(self.by_rules + self.provisional + self.settled))


@dataclass(frozen=True)
class FlaggedMeter:
    """A meter with flagged hours. An alert day has an hour of the probability of alerts.

    `reasons` has the hours of each reason, the most frequent first.
    """

    serial: str
    alert_days: int
    days: int
    hours: int
    rule_hours: int
    first: datetime
    last: datetime
    probability: float
    provisional: bool
    reasons: dict[str, int]


def read_scores(bigquery: BigQueryWarehouse, day: date) -> Iterator[pa.RecordBatch]:
    """Read the day's scores with the hours that they are of, a page at a time."""
    return bigquery.batches(_curves(bigquery, day, day) + " ORDER BY s.serial, s.time_hour_rolled")


def read_curve(
    bigquery: BigQueryWarehouse, serial: str, first: date, last: date
) -> list[dict[str, Any]]:
    """Read the hours of a meter, in their order, in the columns of SCORES_SCHEMA."""
    return bigquery.rows(
        f"{_curves(bigquery, first, last)} WHERE s.serial IN UNNEST(@serials) "
        "ORDER BY s.time_hour_rolled",
        ArrayQueryParameter("serials", "STRING", [serial]),
    )


def find_coverage(bigquery: BigQueryWarehouse, since: date) -> Coverage:
    """Find out how far the days from `since` on, and their meters, could be judged."""
    scores = bigquery.quoted(schemas.ANOMALY_SCORES)
    days = bigquery.rows(
        "SELECT DATE(time_hour_rolled) AS day, "
        f"COUNTIF(anomaly_probability IS NOT NULL AND NOT {RULE}) AS judged, "
        f"COUNTIF(NOT provisional) AS settled FROM {scores} GROUP BY day ORDER BY day"
    )
    meters = bigquery.row(
        "SELECT COUNT(*) AS meters, COUNTIF(history_days IS NULL) AS young, "
        f"COUNTIF(history_days < {HISTORY_DAYS}) AS provisional FROM ("
        "SELECT s.serial, MAX(d.history_days) AS history_days "
        f"FROM (SELECT DISTINCT serial FROM {scores}) AS s "
        f"LEFT JOIN {bigquery.quoted(schemas.CONSUMPTION_DEVIATIONS)} AS d "
        f"ON d.serial = s.serial AND d.day >= DATE '{since}' GROUP BY s.serial)"
    )
    return Coverage(
        by_rules=tuple(row["day"] for row in days if not row["judged"]),
        provisional=tuple(row["day"] for row in days if row["judged"] and not row["settled"]),
        settled=tuple(row["day"] for row in days if row["judged"] and row["settled"]),
        meters=meters["meters"],
        young_meters=meters["young"],
        provisional_meters=meters["provisional"],
    )


def find_flagged(bigquery: BigQueryWarehouse, rule: AlertRule) -> list[FlaggedMeter]:
    """Find the flagged meters of all scored days, worst first.

    The worst have the most alert days, and of as many days the most hours of that probability.
    """
    scores = bigquery.quoted(schemas.ANOMALY_SCORES)
    flagged = f"FROM {scores} WHERE anomaly_probability >= {THRESHOLD!r}"
    alert = f"anomaly_probability >= {rule.probability!r}"
    meters = bigquery.rows(
        "SELECT serial, COUNT(*) AS hours, COUNT(DISTINCT DATE(time_hour_rolled)) AS days, "
        f"COUNT(DISTINCT IF({alert}, DATE(time_hour_rolled), NULL)) AS alert_days, "
        f"COUNTIF({alert}) AS alert_hours, COUNTIF({RULE}) AS rule_hours, "
        "MIN(time_hour_rolled) AS first, MAX(time_hour_rolled) AS last, "
        "MAX(anomaly_probability) AS probability, COUNTIF(NOT provisional) AS settled_hours "
        f"{flagged} GROUP BY serial ORDER BY alert_days DESC, alert_hours DESC, hours DESC, serial"
    )
    reasons: dict[str, dict[str, int]] = {}
    for row in bigquery.rows(
        f"SELECT serial, reason, COUNT(*) AS n {flagged} GROUP BY serial, reason "
        "ORDER BY n DESC, reason"
    ):
        reasons.setdefault(row["serial"], {})[row["reason"]] = row["n"]
    return [
        FlaggedMeter(
            provisional=not row.pop("settled_hours"),
            reasons=reasons[row["serial"]],
            **{name: value for name, value in row.items() if name != "alert_hours"},
        )
        for row in meters
    ]


def find_worst_day(bigquery: BigQueryWarehouse, serial: str) -> date:
    """Find the last of the days on which most hours of the meter are flagged."""
    (row,) = bigquery.rows(
        "SELECT DATE(time_hour_rolled) AS day, COUNT(*) AS n "
        f"FROM {bigquery.quoted(schemas.ANOMALY_SCORES)} "
        f"WHERE anomaly_probability >= {THRESHOLD!r} AND serial IN UNNEST(@serials) "
        "GROUP BY day ORDER BY n DESC, day DESC LIMIT 1",
        ArrayQueryParameter("serials", "STRING", [serial]),
    )
    return row["day"]


def _curves(bigquery: BigQueryWarehouse, first: date, last: date) -> str:
    """A query of the scores of these days, and of the mean power of their hours."""
    span = (
        f"WHERE time_hour_rolled >= TIMESTAMP '{first}' "
        f"AND time_hour_rolled < TIMESTAMP '{last + timedelta(days=1)}'"
    )
    return (
        "SELECT s.serial, s.time_hour_rolled, h.avg_kw, s.lower, s.upper, s.score, "
        "s.anomaly_probability, s.reason, s.provisional "
        f"FROM (SELECT * FROM {bigquery.quoted(schemas.ANOMALY_SCORES)} {span}) AS s "
        f"LEFT JOIN (SELECT * FROM {bigquery.quoted(schemas.HOURLY_CONSUMPTION)} {span}) AS h "
        "ON h.serial = s.serial AND h.time_hour_rolled = s.time_hour_rolled"
    )
