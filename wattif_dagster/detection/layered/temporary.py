"""The temporary tables of the steps of a day; see `schemas.Table`."""

from wattif_dagster.schemas import Column, Table, list_hour_columns

FEATURES = ("level", "floor", "peak", "crest", "shape")
"""The quantities of a day; see consumption_baseline.sql."""
QUANTITIES = ("avg", "max", *FEATURES)
"""With the quantities of an hour: its mean and its largest reading."""


def _column(name: str, kind: str, description: str) -> Column:
    """A column of a query's result, which may be NULL."""
    return Column(name, kind, description, required=False)


BASELINE_FIT = Table(
    "baseline_fit",
    "The fit of the hours of each meter; see baseline_fit.sql.",
    (
        _column("baseline_day", "DATE", "The day that is made"),
        _column("serial", "STRING", "NULL for the fleet"),
        _column("quantity", "STRING", "avg or max of an hour; NULL for a day"),
        _column("hour", "INT64", "Hour of the day, UTC; NULL for a day"),
        _column("day", "DATE", "Day of the fit; NULL for an expectation"),
        _column("history_days", "INT64", "Days since the meter was first seen, 42 at most"),
        _column("meter_kw", "FLOAT64", "Mean power over the days of the fit, kW"),
        _column("n", "INT64", "Past values of the expectation"),
        _column("mean", "FLOAT64", "Expected logarithm of the hour"),
        _column("sd", "FLOAT64", "Standard deviation of the next value"),
        _column("fleet_z", "FLOAT64", "Mean deviation of the fleet at the hour"),
        _column("hours", "INT64", "Complete hours of the day"),
        _column("avg_z", "FLOAT64", "Mean deviation of the hours' means"),
        _column("max_z", "FLOAT64", "Mean deviation of the hours' largest readings"),
        _column("crest", "FLOAT64", "A feature of the day"),
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
        *list_hour_columns("max_z", "Deviation of the largest reading of hour {}"),
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

SCORE_TAILS = Table(
    "score_tails",
    "How rare the scores of each tail are.",
    (
        _column("day", "DATE", "The day that is made"),
        _column("tail", "STRING", "Layer, quantity, span and sign"),
        _column("bucket", "INT64", "Fiftieths of a standard deviation"),
        _column("n_above", "INT64", "Calibrating scores in the bucket or above it"),
        _column("n", "INT64", "Calibrating scores of the tail"),
    ),
    partition_by="day",
    temporary=True,
)

SCORE_LAYERS = Table(
    "score_layers",
    "How rare the rarest tail of each layer is.",
    (
        _column("day", "DATE", "The day that is made"),
        _column("layer", "STRING", "hour or day"),
        _column("bucket", "INT64", "Fiftieths of -ln(p) of the rarest tail"),
        _column("n_above", "INT64", "Calibrating hours or days in the bucket or above it"),
        _column("n", "INT64", "Calibrating hours or days"),
    ),
    partition_by="day",
    temporary=True,
)
