"""A small fleet by the hour, quick to make, and DuckDB as the warehouse to score it in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import sqlglot
from numpy.typing import NDArray

from wattif_dagster.detection.layered.queries import (
    LOOKBACK_DAYS,
    baseline_steps,
    deviations_steps,
    meter_days_step,
    scores_steps,
)
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.local_cloud.bigquery.translations import translate_once_for_all_dates

FIRST_DAY = date(2024, 1, 1)
READINGS = 360
TABLES = Tables()

_EVENING = 1 + 0.8 * np.exp(-0.5 * ((np.arange(24) - 19) / 2.5) ** 2)


def write_serial(meter: int) -> str:
    return f"MAC{meter:08d}"


@dataclass
class Homes:
    """Hourly consumption of shape (meters, days, 24): mean, largest, smallest reading, count."""

    avg: NDArray[np.float64]
    max: NDArray[np.float64]
    min: NDArray[np.float64]
    count: NDArray[np.int64]
    installed: dict[int, int] = field(default_factory=dict)
    """Meters that start later, and their first days."""

    @classmethod
    def clean(
        cls,
        meters: int,
        days: int,
        heated: int = 0,
        cold: NDArray[np.float64] | None = None,
        seed: int = 1,
    ) -> "Homes":
        """Make a base load and random use, most in the evening. `heated` homes add kW by `cold`."""
        rng = np.random.default_rng(seed)
        size = rng.uniform(0.2, 0.5, (meters, 1, 1))
        base = size * rng.normal(0.4, 0.02, (meters, days, 24))
        base *= rng.lognormal(0, 0.08, (meters, days, 1))
        day = rng.lognormal(-0.02, 0.2, (meters, days, 1))
        use = size * day * rng.gamma(2.0, 0.5, (meters, days, 24)) * _EVENING
        use[rng.random(use.shape) < 0.3] = 0
        avg = base + use
        if cold is not None:
            avg[:heated] += 0.05 * cold[:, None]
        peak = avg + use * rng.gamma(3.0, 0.8, (meters, days, 24)) + 0.01
        return cls(avg, np.minimum(peak, 20), 0.5 * base, np.full(avg.shape, READINGS))

    def away(self, meter: int, days: slice) -> None:
        """Leave only the base load: nobody is home."""
        self.avg[meter, days] = 2.02 * self.min[meter, days]
        self.max[meter, days] = 2.5 * self.min[meter, days]

    def scale(self, meter: int, days: slice, factor: float) -> None:
        for values in (self.avg, self.max, self.min):
            values[meter, days] *= factor

    def set(self, meter: int, day: int, hours: slice, kw: float) -> None:
        """Set every reading of these hours to the same value."""
        for values in (self.avg, self.max, self.min):
            values[meter, day, hours] = kw

    def columns(self) -> dict[str, NDArray[Any]]:
        """Make the columns of `hourly_consumption`. Hours without a reading have no row."""
        count = self.count.copy()
        for meter, day in self.installed.items():
            count[meter, :day] = 0
        cells = meter, day, hour = np.nonzero(count)
        start = np.datetime64(FIRST_DAY, "us")
        return {
            "serial": np.array([write_serial(m) for m in range(len(count))], object)[meter],
            "time_hour_rolled": start + (24 * day + hour) * np.timedelta64(3_600_000_000, "us"),
            "consumption_hour_rolled": self.avg[cells],
            "avg_kw": self.avg[cells],
            "max_kw": self.max[cells],
            "min_kw": self.min[cells],
            "n_readings": count[cells],
        }


Row = dict[str, Any]


class Warehouse:
    """DuckDB with the tables that the detector reads. Its SQL is translated from BigQuery's.

    `days` are the days to score, numbered from FIRST_DAY. Their baselines and deviations, and those
    of the `lookback` days before that calibrate them, are made at once.
    """

    def __init__(
        self,
        homes: Homes,
        days: range,
        lookback: int = LOOKBACK_DAYS,
        tables: Tables = TABLES,
    ) -> None:
        self.connection = duckdb.connect()
        self._made: set[str] = set()
        columns = homes.columns()  # noqa: F841  (DuckDB finds it by its name)
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(
            "CREATE TABLE hourly_consumption AS SELECT * REPLACE "
            "(time_hour_rolled::TIMESTAMPTZ AS time_hour_rolled) FROM columns"
        )
        for day in range(max(days.stop, 1)):  # the rules read the table in any case
            self.run([meter_days_step(tables, find_date(day), READINGS)], day)
        for day in range(max(days.start - lookback, 0), days.stop):
            arguments = tables, find_date(day), READINGS
            self.run([*baseline_steps(*arguments), *deviations_steps(*arguments)], day)

    def run(self, steps: Iterable[Step], day: int) -> None:
        """Replace what the steps store of the day."""
        for step in steps:
            name, select = step.table.name, translate(step.select)
            if name not in self._made:
                self.connection.execute(f"CREATE TABLE {name} AS FROM ({select}) WITH NO DATA")
                self._made.add(name)
            column = step.table.partition_by
            self.connection.execute(
                f"DELETE FROM {name} WHERE CAST({column} AS DATE) = DATE '{find_date(day)}'"
            )
            self.connection.execute(f"INSERT INTO {name} {select}")

    def query(self, sql: str) -> list[Row]:
        """Run a query in BigQuery's SQL; returns its rows."""
        cursor = self.connection.execute(translate(sql))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def score(self, day: int, tables: Tables = TABLES) -> list[Row]:
        """Score the day; returns its rows of `anomaly_scores` by meter and hour."""
        self.run(scores_steps(tables, find_date(day), READINGS), day)
        rows = self.query(
            f"SELECT * FROM anomaly_scores WHERE DATE(time_hour_rolled) = DATE '{find_date(day)}'"
        )
        return sorted(rows, key=lambda row: (row["serial"], row["time_hour_rolled"]))


def find_date(day: int) -> date:
    return FIRST_DAY + timedelta(days=day)


@translate_once_for_all_dates
def translate(sql: str) -> str:
    (statement,) = sqlglot.transpile(sql, read="bigquery", write="duckdb")
    return statement


def select_meter(rows: list[Row], meter: int) -> list[Row]:
    """Select a meter's 24 hours."""
    return [row for row in rows if row["serial"] == write_serial(meter)]


def select_flagged(rows: list[Row], threshold: float = 0.99) -> list[Row]:
    return [row for row in rows if (row["anomaly_probability"] or 0) >= threshold]
