"""Lists what the queries of each asset read in BigQuery, a scan at a time.

A table that a query names twice is scanned twice. A test counts the scans of the roll-up, of the
fleet's anomalies and of the layered detector from their statements.
"""

from dataclasses import dataclass

from wattif_dagster import schemas
from wattif_dagster.detection.fleet import HISTORY_DAYS as FLEET_HISTORY_DAYS
from wattif_dagster.detection.layered.queries import FIT_DAYS, HISTORY_DAYS, SCALE_DAYS_READ
from wattif_dagster.detection.layered.temporary import (
    BASELINE_FIT,
    DAY_DEVIATIONS,
    SCALED_DEVIATIONS,
    SUMS,
)
from wattif_dagster.schemas import FEATURES, Table


@dataclass(frozen=True)
class Read:
    """Columns of a table that a query of an asset reads, on its day and on the days before it."""

    asset: str
    table: Table
    columns: tuple[str, ...]
    days_before: int = 0
    with_the_day: bool = True


_HOUR = ("serial", "time_hour_rolled", "max_kw", "min_kw", "n_readings")


def _wide(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{hour:02d}" for name in names for hour in range(24))


_DEVIATIONS = schemas.CONSUMPTION_DEVIATIONS

BASELINE = (
    Read(
        "consumption_baseline",
        schemas.METER_DAYS,
        (
            *("day", "serial", *_wide("avg_kw"), "complete_hours"),
            *("mean_kw", "floor_kw", "peak_kw"),
        ),
        days_before=HISTORY_DAYS,
        with_the_day=False,
    ),
    Read(
        "consumption_baseline",
        BASELINE_FIT,
        (
            *("baseline_day", "serial", "day", "history_days", "meter_kw"),
            *("hours", "avg_z", "floor_kw", "peak_kw", "shape"),
        ),
    ),
    Read("consumption_baseline", BASELINE_FIT, ("baseline_day", "day", "fleet_z")),
    Read("consumption_baseline", BASELINE_FIT, ("baseline_day", "serial", "hour", "mean", "sd")),
)

DEVIATIONS = (
    Read(
        "anomaly_scores",
        schemas.CONSUMPTION_BASELINE,
        tuple(name for name in schemas.CONSUMPTION_BASELINE.column_names if name != "fit_days"),
    ),
    Read(
        "anomaly_scores",
        schemas.METER_DAYS,
        ("day", "serial", "floor_kw", "peak_kw", *_wide("avg_kw")),
    ),
    # the fleet, the weather with the fleet again, and the meters
    *[Read("anomaly_scores", DAY_DEVIATIONS, ("day", *(f"{name}_z" for name in FEATURES)))] * 2,
    Read("anomaly_scores", DAY_DEVIATIONS, ("day", "level_z", "level_loading")),
    Read("anomaly_scores", DAY_DEVIATIONS, DAY_DEVIATIONS.column_names),
    # scaled_deviations
    Read(
        "anomaly_scores",
        _DEVIATIONS,
        (
            *("day", "serial", *FEATURES, "hour_squares", "hours"),
            *("usual_kw", "history_days", "is_vacant"),
        ),
        days_before=SCALE_DAYS_READ,
    ),
)

_EVIDENCE = (
    Read("anomaly_scores", _DEVIATIONS, ("day", "serial", *_wide("avg_z"))),
    Read("anomaly_scores", SCALED_DEVIATIONS, ("day", "serial", "hour_scale", "is_vacant")),
)

SCORES = (
    # score_counts, and anomaly_scores twice: for the hours and for the day
    *(_EVIDENCE * 3),
    Read("anomaly_scores", SCALED_DEVIATIONS, ("day", *SUMS)),
    *[Read("anomaly_scores", SCALED_DEVIATIONS, ("day", "serial", *SUMS))] * 2,
    Read(
        "anomaly_scores",
        _DEVIATIONS,
        ("day", "serial", *_wide("expected", "spread")),
    ),
    Read(
        "anomaly_scores",
        SCALED_DEVIATIONS,
        ("day", "serial", "usual_kw", "history_days", "hour_scale"),
    ),
    # the rules
    Read("anomaly_scores", schemas.HOURLY_CONSUMPTION, _HOUR, days_before=1),
    Read(
        "anomaly_scores",
        schemas.METER_DAYS,
        ("day", "serial", "complete_hours", "least_kw", "peak_kw", "constant_hours"),
        days_before=FIT_DAYS,
        with_the_day=False,
    ),
    Read("anomaly_scores", schemas.METER_REGISTRY, ("registry_date", "serial")),
)

_DAYS_REPORTED = (
    Read("daily_report", schemas.METER_DAYS, ("day", "serial", *_wide("avg_kw"))),
    Read("daily_report", _DEVIATIONS, ("day", "serial", *_wide("expected"), "usual_kw")),
)
"""Of all flagged meters, on the day. The week of the first ones is read by their serials."""

READS = (
    Read("hourly_consumption", schemas.METER_READINGS, schemas.METER_READINGS.column_names),
    # its checks
    Read("meter_readings", schemas.METER_READINGS, schemas.METER_READINGS.column_names),
    # the hours of the fleet, and its check
    Read(
        "hourly_consumption",
        schemas.HOURLY_CONSUMPTION,
        ("time_hour_rolled", "consumption_hour_rolled"),
    ),
    Read(
        "hourly_consumption",
        schemas.HOURLY_CONSUMPTION,
        ("serial", "time_hour_rolled", "consumption_hour_rolled", "n_readings"),
    ),
    *[
        Read(
            "fleet_anomalies",
            schemas.FLEET_HOURS,
            ("time", "avg_kwh", "max_kwh"),
            days_before=FLEET_HISTORY_DAYS,
        )
    ]
    * 6,
    Read("meter_days", schemas.HOURLY_CONSUMPTION, (*_HOUR, "avg_kw"), days_before=1),
    *BASELINE,
    *DEVIATIONS,
    *SCORES,
    # flagged_days, and the metadata
    Read(
        "anomaly_scores",
        schemas.ANOMALY_SCORES,
        ("serial", "time_hour_rolled", "anomaly_probability", "provisional", "reason"),
    ),
    Read("anomaly_scores", schemas.ANOMALY_SCORES, ("time_hour_rolled", "anomaly_probability")),
    Read(
        "anomaly_scores",
        schemas.ANOMALY_SCORES,
        tuple(name for name in schemas.ANOMALY_SCORES.column_names if name != "provisional"),
    ),
    Read("meter_scan_results", schemas.ANOMALY_SCORES, schemas.ANOMALY_SCORES.column_names),
    Read(
        "daily_report",
        schemas.ANOMALY_SCORES,
        ("serial", "time_hour_rolled", "anomaly_probability"),
    ),
    *_DAYS_REPORTED,
    Read(
        "detector_evaluation",
        schemas.ANOMALY_SCORES,
        ("serial", "time_hour_rolled", "anomaly_probability"),
    ),
)
"""What `anomaly_alerts` reads is small: `flagged_days` has rows of flagged meters alone.
`detector_evaluation` names its tables again in its CTEs, which is not counted."""
