"""The temporary tables of the steps of a day; see `schemas.Table`."""

from wattif_dagster.schemas import FEATURES, QUANTITIES, Column, Table, list_hour_columns

SUMS = (*FEATURES, "level7", "floor7")
"""With their sums over a week; see scaled_deviations.sql."""


def _column(name: str, kind: str, description: str) -> Column:
    """A column of a query's result, which may be NULL."""
    return Column(name, kind, description, required=False)


BASELINE_FIT = Table(
    "baseline_fit",
    "The fit of the hours of each meter; see baseline_fit.sql.",
    (
        _column("baseline_day", "DATE", "The day that is made"),
        _column("serial", "STRING", "NULL for the fleet"),
        _column("hour", "INT64", "Hour of an expectation or of the fleet, UTC"),
        _column("day", "DATE", "Day of the fit; NULL for an expectation"),
        _column("history_days", "INT64", "Days since the meter was first seen, 42 at most"),
        _column("meter_kw", "FLOAT64", "Mean power over the days of the fit, kW"),
        _column("mean", "FLOAT64", "Expected logarithm of the hour"),
        _column("sd", "FLOAT64", "Standard deviation of the next value"),
        _column("fleet_z", "FLOAT64", "Mean deviation of the fleet at the hour"),
        _column("hours", "INT64", "Complete hours of the day"),
        _column("avg_z", "FLOAT64", "Mean deviation of the hours' means"),
        _column("floor_kw", "FLOAT64", "As in meter_days"),
        _column("peak_kw", "FLOAT64", "As in meter_days"),
        _column("shape", "FLOAT64", "A feature of the day"),
    ),
    partition_by="baseline_day",
    temporary=True,
)

DAY_DEVIATIONS = Table(
    "day_deviations",
    "Deviations with those of the fleet and of the weather.",
    (
        _column("day", "DATE", "The day that is made"),
        _column("serial", "STRING", "Serial of the meter"),
        *(
            _column(f"{name}_{part}", "FLOAT64", "See consumption_baseline")
            for part in ("loading", "loading_variance")
            for name in QUANTITIES
        ),
        *list_hour_columns("avg_z", "Deviation of the mean of hour {}"),
        *list_hour_columns("mean", "Expected logarithm of the mean of hour {}"),
        *list_hour_columns("sd", "Standard deviation of the mean of hour {}"),
        *list_hour_columns("fleet_z", "Mean deviation of the fleet at hour {}"),
        *(_column(f"{name}_z", "FLOAT64", "Deviation of the feature") for name in FEATURES),
        _column("is_vacant", "BOOL", "Whether nobody was home"),
        _column("usual_kw", "FLOAT64", "Mean power over the days of the fit, kW"),
        _column("history_days", "INT64", "Days since the meter was first seen, 42 at most"),
    ),
    partition_by="day",
    temporary=True,
)

SCALED_DEVIATIONS = Table(
    "scaled_deviations",
    "Deviations of each meter's day in units of its own restlessness.",
    (
        _column("day", "DATE", "The day that is made"),
        _column("serial", "STRING", "Serial of the meter"),
        *(_column(name, "FLOAT64", "Deviation of the feature or its sum") for name in SUMS),
        _column("hour_scale", "FLOAT64", "Root mean square of the meter's hours"),
        _column("usual_kw", "FLOAT64", "Mean power over the days of the fit, kW"),
        _column("history_days", "INT64", "Days since the meter was first seen, 42 at most"),
        _column("is_vacant", "BOOL", "Whether nobody was home"),
    ),
    partition_by="day",
    temporary=True,
)

SCORE_TAILS = Table(
    "score_tails",
    "How rare the scores of each tail are.",
    (
        _column("day", "DATE", "The day that is made"),
        _column("tail", "STRING", "Layer, quantity, span and sign"),
        _column("bucket", "INT64", "Fiftieths of a score"),
        _column("n_above", "INT64", "Calibrating scores in the bucket or above it"),
        _column("n", "INT64", "Calibrating scores of the tail"),
        _column("threshold", "FLOAT64", "Score beyond which a power law holds"),
        _column("threshold_share", "FLOAT64", "Share of the calibrating scores beyond it"),
        _column("tail_index", "FLOAT64", "Inverse of the power law's exponent"),
    ),
    partition_by="day",
    temporary=True,
)
