"""Renders the points that the preview judges as GoogleSQL: metrics by time window and segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from google.cloud.dataplex_v1.types import DataScan

from . import preview
from .answers import Query
from .errors import ScanError
from .literals import NUMERIC_TYPES, quote_identifier, quote_string
from .names import TableName
from .rules import Data, get_kind, render_sample_filter

FIRST_POINTS = 10
"""The points of each series that a scan's first job judges."""

_HISTORY_POINTS = 28
_TIME_TYPES = ("TIMESTAMP", "DATETIME", "DATE")
_UNITS = {  # BigQuery's name of each window, and its least length in seconds
    "PER_MINUTE": ("MINUTE", 60),
    "HOURLY": ("HOUR", 3600),
    "DAILY": ("DAY", 86400),
    "WEEKLY": ("WEEK", 7 * 86400),
    "MONTHLY": ("MONTH", 28 * 86400),
    "QUARTERLY": ("QUARTER", 90 * 86400),
    "YEARLY": ("YEAR", 365 * 86400),
}
AUTO = "AUTO_FREQUENCY"
WINDOWS = (AUTO, *_UNITS)


@dataclass(frozen=True)
class Source:
    """The rows, the time column and the segments of a scan's points."""

    data: Data
    time: str
    segments: tuple[str, ...]

    @classmethod
    def from_scan(
        cls, scan: DataScan, columns: Mapping[str, str], partition: str | None
    ) -> "Source":
        """Make it from a scan, the columns of its table, and the table's partitioning column.

        Raises ScanError when the scan does not fit the table.
        """
        spec = preview.extend(scan.data_quality_spec)
        filters = [spec.row_filter] if spec.row_filter else []
        if 0 < spec.sampling_percent < 100:
            filters.append(render_sample_filter(spec.sampling_percent))
        table = TableName.parse(scan.data.resource, "data.resource")
        data = Data(table, columns, tuple(filters))
        settings = spec.anomaly_detection
        time = settings.timestamp_column
        if settings.use_incremental_column:
            time = scan.execution_spec.field
        if settings.use_partition_column:
            if partition is None:
                raise ScanError(f"table {table} is not partitioned by a column")
            time = partition
        if data.get_type(time) not in _TIME_TYPES:
            raise ScanError(f"column {time!r} must be one of {', '.join(_TIME_TYPES)}")
        for rule in spec.rules:
            if (
                get_kind(rule) == preview.RULE_KIND
                and data.get_type(rule.column) not in NUMERIC_TYPES
            ):
                raise ScanError(f"anomaly detection needs a number; {rule.column} is none")
        for segment in settings.segmentation_columns:
            data.get_type(segment)
        return cls(data, time, tuple(settings.segmentation_columns))

    @property
    def moment(self) -> str:
        """The time of a row, as SQL."""
        return f"TIMESTAMP({quote_identifier(self.time)})"

    def render_points(
        self, column: str, metrics: list[str], unit: str, kept: str, now: datetime
    ) -> str:
        """A query for the column's points whose window has ended and that table `kept` lacks."""
        segments = ", ".join(quote_identifier(name) for name in self.segments)
        named = ", ".join(
            f"{quote_identifier(name)} AS {quote_identifier(name)}" for name in self.segments
        )
        label = f"TO_JSON_STRING(STRUCT({named}))" if segments else "CAST(NULL AS STRING)"
        measures = ", ".join(f"{m}({quote_identifier(column)}) AS value_{m}" for m in metrics)
        since = f"SELECT MAX(time) FROM {kept} WHERE column_name = {quote_string(column)}"
        by_metric = " UNION ALL ".join(
            f"SELECT segmentation, {quote_string(column)} AS column_name, '{m}' AS metric, "
            f"window_start AS time, CAST(value_{m} AS FLOAT64) AS value FROM windows"
            for m in metrics
        )
        return f"""
WITH windows AS (
  SELECT
    {label} AS segmentation,
    TIMESTAMP_TRUNC({self.moment}, {unit}) AS window_start,
    {measures}
  FROM {self.data.sql}
  WHERE {quote_identifier(self.time)} IS NOT NULL
  GROUP BY {f"{segments}, " if segments else ""}window_start
)
SELECT * FROM ({by_metric})
WHERE value IS NOT NULL
  AND time < TIMESTAMP_TRUNC(TIMESTAMP '{now.isoformat()}', {unit})
  AND time > COALESCE(({since}), TIMESTAMP '0001-01-01')"""


def choose_unit(window: str, source: Source, query: Query) -> str:
    """BigQuery's name of the window.

    AUTO_FREQUENCY is the longest window that is not longer than the median gap between rows.
    """
    if window != AUTO:
        return _UNITS[window][0]
    answer = query(f"""
SELECT PERCENTILE_DISC(gap, 0.5) OVER () FROM (
  SELECT TIMESTAMP_DIFF(time, LAG(time) OVER (ORDER BY time), SECOND) AS gap
  FROM (SELECT DISTINCT {source.moment} AS time FROM {source.data.sql})
) WHERE gap IS NOT NULL LIMIT 1""").rows
    gap = answer[0][0] if answer else 0
    reached = [unit for unit, seconds in _UNITS.values() if seconds <= gap]
    return reached[-1] if reached else _UNITS["PER_MINUTE"][0]


def render_history(fresh: str, kept: str, unit: str) -> str:
    """A query for the points to judge, with number, mean and deviation of the points before."""
    of_day = "EXTRACT(HOUR FROM time) * 60 + EXTRACT(MINUTE FROM time)"
    phase = of_day if unit in ("MINUTE", "HOUR") else "0"
    series = "PARTITION BY segmentation, column_name, metric"
    before = (
        f"{series}, phase ORDER BY time ROWS BETWEEN {_HISTORY_POINTS} PRECEDING AND 1 PRECEDING"
    )
    return f"""
WITH fresh AS ({fresh}),
points AS (
  SELECT *, {phase} AS phase FROM (
    SELECT segmentation, column_name, metric, time, value, FALSE AS is_new FROM {kept}
    UNION ALL
    SELECT segmentation, column_name, metric, time, value, TRUE AS is_new FROM fresh
  )
),
trained AS (
  SELECT
    *,
    COUNT(value) OVER ({before}) AS n,
    AVG(value) OVER ({before}) AS mean,
    STDDEV_SAMP(value) OVER ({before}) AS sd,
    ROW_NUMBER() OVER ({series} ORDER BY time DESC) AS place
  FROM points
)
SELECT segmentation, column_name, metric, time, value, n, mean, sd
FROM trained
WHERE is_new
  AND (place <= {FIRST_POINTS} OR column_name IN (SELECT column_name FROM {kept}))
ORDER BY segmentation, metric, time"""
