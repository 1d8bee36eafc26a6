"""Episodes from rows of `injected_anomalies`."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson

from wattif_dagster.evaluation.hours import Episode, Hours
from wattif_dagster.metering.anomalies.titles import is_benign


def collect_episodes(labels: Iterable[Mapping[str, Any]], hours: Hours) -> list[Episode]:
    """Collect the episodes of theft and fault, one for each serial, kind and start.

    Rows need `serial`, `kind`, `starts_at` and `ends_at` (ISO text or datetimes, UTC). With
    `label_date` and `touched_hours` the hours it changed are those; without, all from start to
    end. `kwh_withheld` may be missing. Rows of other meters are ignored.
    """
    return _collect((row for row in labels if not is_benign(row["kind"])), hours)


def collect_benign(labels: Iterable[Mapping[str, Any]], hours: Hours) -> list[Episode]:
    """Collect the benign changes of such rows, which are no anomaly."""
    return _collect((row for row in labels if is_benign(row["kind"])), hours)


def _collect(labels: Iterable[Mapping[str, Any]], hours: Hours) -> list[Episode]:
    places = {serial: row for row, serial in enumerate(hours.serials)}
    found: dict[tuple[int, str, int, int], list[Mapping[str, Any]]] = {}
    for row in labels:
        if row["serial"] in places:
            key = (places[row["serial"]], row["kind"], *_span(row, hours))
            found.setdefault(key, []).append(row)
    return [_episode(*key, rows, hours) for key, rows in found.items()]


def _span(row: Mapping[str, Any], hours: Hours) -> tuple[int, int]:
    start = _moment(row["starts_at"]) - hours.start.astype("datetime64[s]")
    end = _moment(row["ends_at"]) - hours.start.astype("datetime64[s]")
    hour = np.timedelta64(3600, "s")
    return int(start // hour), int(-(-end // hour))


def _moment(value: Any) -> np.datetime64:
    text = value if isinstance(value, str) else value.isoformat()
    return np.datetime64(text.replace(" ", "T").removesuffix("Z").removesuffix("+00:00"), "s")


def _episode(
    meter: int, kind: str, start: int, end: int, rows: list[Mapping[str, Any]], hours: Hours
) -> Episode:
    touched, kwh = [], []
    for row in rows:
        its = _touched(row, start, end, hours)
        withheld = row.get("kwh_withheld")
        share = np.nan if withheld is None else float(withheld) / max(1, len(its))
        touched.append(its)
        kwh.append(np.full(len(its), share))
    at, withheld_at = np.concatenate(touched), np.concatenate(kwh)
    at, first = np.unique(at, return_index=True)
    within = (at >= 0) & (at < hours.n_readings.shape[1])
    return Episode(meter, kind, start, end, at[within], withheld_at[first][within])


def _touched(row: Mapping[str, Any], start: int, end: int, hours: Hours) -> np.ndarray:
    listed, day = row.get("touched_hours"), row.get("label_date")
    if listed is None or day is None:
        return np.arange(max(start, 0), min(end, hours.n_readings.shape[1]))
    midnight = np.datetime64(str(day)[:10], "D").astype("datetime64[h]") - hours.start
    return midnight.astype(int) + np.array(orjson.loads(listed), np.int64)
