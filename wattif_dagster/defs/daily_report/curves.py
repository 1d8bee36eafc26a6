"""The hours of flagged meters: what they drew, and what was expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from google.cloud.bigquery import ArrayQueryParameter
from numpy.typing import NDArray

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import LOG_SCALE
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.sql import render_sql

_HOURS = [f"{hour:02d}" for hour in range(24)]


@dataclass(frozen=True)
class Curve:
    """A meter's consecutive days: kW by hour (UTC), of shape (days, 24). NaN is unknown."""

    first: date
    kw: NDArray[np.float64]
    expected: NDArray[np.float64]

    @property
    def missing_kwh(self) -> float:
        """Energy of the last day that was expected and not reported, kWh; below 0 for more.

        NaN when nothing is known.
        """
        difference = self.expected[-1] - self.kw[-1]
        return np.nan if np.isnan(difference).all() else float(np.nansum(difference))

    def share(self, hours: Sequence[int]) -> float:
        """Share of the energy expected at these hours of the last day that was reported, or NaN."""
        kw, expected = self.kw[-1, hours], self.expected[-1, hours]
        is_known = ~np.isnan(kw) & ~np.isnan(expected)
        total = expected[is_known].sum()
        return float(kw[is_known].sum() / total) if total > 0 else np.nan


def read_curves(
    bigquery: BigQueryWarehouse, serials: Sequence[str], last: date, days: int
) -> dict[str, Curve]:
    """Read the curves of these meters over the days that end with `last`."""
    first = last - timedelta(days=days - 1)
    meter_days, deviations = schemas.METER_DAYS, schemas.CONSUMPTION_DEVIATIONS
    for table in (meter_days, deviations):
        bigquery.ensure_table(table)
    sql = days_sql(bigquery.quoted(meter_days), bigquery.quoted(deviations), first, last)
    curves: dict[str, Curve] = {}
    for row in bigquery.rows(sql, ArrayQueryParameter("serials", "STRING", list(serials))):
        unknown = np.full((2, days, 24), np.nan)
        curve = curves.setdefault(row["serial"], Curve(first, *unknown))
        place = (row["day"] - first).days
        curve.kw[place] = _to_numbers([row[f"avg_kw_{hour}"] for hour in _HOURS])
        logs = _to_numbers([row[f"expected_{hour}"] for hour in _HOURS])
        usual_kw = np.nan if row["usual_kw"] is None else row["usual_kw"]
        curve.expected[place] = np.sign(logs) * np.expm1(np.abs(logs)) * usual_kw / LOG_SCALE
    return curves


def days_sql(meter_days: str, consumption_deviations: str, first: date, last: date) -> str:
    """Render a SELECT of the days of the meters in the parameter `serials`."""
    return render_sql(
        Path(__file__).with_name("days.sql"),
        {"hour": _HOURS},
        meter_days=meter_days,
        consumption_deviations=consumption_deviations,
        first=first.isoformat(),
        last=last.isoformat(),
    )


def _to_numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)
