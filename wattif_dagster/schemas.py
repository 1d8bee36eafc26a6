"""The columns of each BigQuery table, from which BigQuery's and Dagster's schemas are made."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Column:
    """A column: its BigQuery type, what it holds in which unit, and whether it is never NULL."""

    name: str
    type: str
    description: str
    required: bool = True


@dataclass(frozen=True)
class Table:
    """A day-partitioned table.

    A `temporary` one holds what the steps of a day pass on. Its partitions are dropped after the
    last step, and it expires a week after its last use.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_by: str
    cluster_by: tuple[str, ...] = ()
    temporary: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def list_hour_columns(name: str, description: str) -> tuple[Column, ...]:
    """List a column for each hour of the day: NAME_00 to NAME_23. `{}` stands for the hour."""
    return tuple(
        Column(f"{name}_{hour:02d}", "FLOAT64", description.format(hour), required=False)
        for hour in range(24)
    )


METER_REGISTRY = Table(
    "meter_registry",
    "The fleet as of each day.",
    (
        Column("registry_date", "DATE", "The day of this fleet"),
        Column("serial", "STRING", "MAC and 8 digits, never issued twice; any text if imported"),
        Column("segment", "STRING", "Customer segment"),
        Column("issued_on", "DATE", "Day the meter was installed"),
    ),
    partition_by="registry_date",
    cluster_by=("serial",),
)

METER_READINGS = Table(
    "meter_readings",
    "Raw readings: mean active power over one interval.",
    (
        Column("serial", "STRING", "Serial of the meter"),
        Column("timestamp", "TIMESTAMP", "Start of the interval, UTC"),
        Column("reading", "FLOAT64", "Mean active power over the interval, kW"),
    ),
    partition_by="timestamp",
    cluster_by=("serial",),
)

# The columns of a query's result are NULLABLE, and a partition can only be replaced by rows of the
# table's own modes, so the tables that query jobs write have no REQUIRED columns.

HOURLY_CONSUMPTION = Table(
    "hourly_consumption",
    "Readings rolled up by meter and hour.",
    (
        Column("serial", "STRING", "Serial of the meter", False),
        Column("time_hour_rolled", "TIMESTAMP", "Start of the hour, UTC", False),
        Column("consumption_hour_rolled", "FLOAT64", "Energy of the hour, kWh", False),
        Column("avg_kw", "FLOAT64", "Mean of the hour's readings, kW", False),
        Column("max_kw", "FLOAT64", "Largest reading of the hour, kW", False),
        Column("min_kw", "FLOAT64", "Smallest reading of the hour, kW", False),
        Column("n_readings", "INT64", "Readings in the hour", False),
    ),
    partition_by="time_hour_rolled",
    cluster_by=("serial",),
)

FLEET_HOURS = Table(
    "fleet_hours",
    "Each hour of hourly_consumption over the whole fleet.",
    (
        Column("time", "TIMESTAMP", "Start of the hour, UTC", False),
        Column("meters", "INT64", "Meters with a reading in the hour", False),
        Column("avg_kwh", "FLOAT64", "AVG of consumption_hour_rolled, kWh", False),
        Column("max_kwh", "FLOAT64", "MAX of consumption_hour_rolled, kWh", False),
    ),
    partition_by="time",
)

ANOMALY_SCAN_RESULTS = Table(
    "anomaly_scan_results",
    "Results of the Dataplex scan of fleet_anomalies, a row for each rule and job. Dataplex "
    "creates and fills it, with more columns than these.",
    (
        Column("data_quality_job_id", "STRING", "The scan's job", False),
        Column("job_start_time", "TIMESTAMP", "Start of the job", False),
        Column("job_rows_scanned", "INT64", "Rows that the job scanned", False),
        Column("rule_name", "STRING", "Name of the rule", False),
        Column("rule_dimension", "STRING", "What the rule is about, e.g. ACCURACY", False),
        Column("rule_passed", "BOOL", "Whether the rule holds", False),
        Column("rule_rows_evaluated", "INT64", "Rows that the rule evaluated", False),
        Column("rule_rows_passed", "INT64", "Rows for which the rule holds", False),
        Column("rule_failed_records_query", "STRING", "SQL that finds the other rows", False),
    ),
    partition_by="job_start_time",
)

METER_SCAN_RESULTS = replace(
    ANOMALY_SCAN_RESULTS,
    name="meter_scan_results",
    description="Results of the Dataplex scan of anomaly_scores, as anomaly_scan_results.",
)

ANOMALY_PREVIEW_RESULTS = Table(
    "anomaly_preview_results",
    "Results of Dataplex's anomaly detection preview, a row for each hour and metric. Dataplex "
    "creates and fills it.",
    (
        Column("segmentation", "JSON", "The segment's columns and values; NULL without", False),
        Column("column_name", "STRING", "The column measured: consumption_hour_rolled", False),
        Column("metric", "STRING", "AVG or MAX", False),
        Column("time", "TIMESTAMP", "Start of the aggregation window, UTC", False),
        Column("value", "FLOAT64", "The metric, kWh", False),
        Column("is_anomaly", "BOOL", "anomaly_prob above the threshold", False),
        Column("lower_bound", "FLOAT64", "Lower bound of the expected value, kWh", False),
        Column("upper_bound", "FLOAT64", "Upper bound of the expected value, kWh", False),
        Column("anomaly_prob", "FLOAT64", "Probability that the value is anomalous", False),
        Column("data_scan_job_id", "STRING", "The scan's job", False),
    ),
    partition_by="time",
)

FLEET_ANOMALIES = Table(
    "fleet_anomalies",
    "The fleet's AVG and MAX of consumption_hour_rolled by hour, against a trained baseline.",
    (
        Column("column_name", "STRING", "The column measured: consumption_hour_rolled", False),
        Column("metric", "STRING", "AVG or MAX over the fleet", False),
        Column("time", "TIMESTAMP", "Start of the hour, UTC", False),
        Column("value", "FLOAT64", "The metric, kWh", False),
        Column("lower_bound", "FLOAT64", "Lower end of the predictive interval, kWh", False),
        Column("upper_bound", "FLOAT64", "Upper end of the predictive interval, kWh", False),
        Column("anomaly_prob", "FLOAT64", "Probability of a less extreme value", False),
        Column("is_anomaly", "BOOL", "anomaly_prob above the threshold", False),
        Column("n_history", "INT64", "Past hours the baseline was trained on", False),
    ),
    partition_by="time",
    cluster_by=("metric",),
)

METER_DAYS = Table(
    "meter_days",
    "Each meter's day in a few numbers, from its complete hours.",
    (
        Column("day", "DATE", "The day, UTC", False),
        Column("serial", "STRING", "Serial of the meter", False),
        *list_hour_columns("avg_kw", "Mean of hour {}, kW; NULL if it is not complete"),
        Column("complete_hours", "INT64", "Hours with all their readings", False),
        Column("mean_kw", "FLOAT64", "Mean of these hours, kW", False),
        Column("floor_kw", "FLOAT64", "Third-smallest of their smallest readings, kW", False),
        Column("least_kw", "FLOAT64", "Smallest reading, kW", False),
        Column("peak_kw", "FLOAT64", "Largest reading, kW", False),
        Column(
            "constant_hours", "INT64", "Longest run of hours with one and the same reading", False
        ),
    ),
    partition_by="day",
    cluster_by=("serial",),
)

FEATURES = ("level", "floor", "peak", "shape")
"""The quantities of a meter's day that the layered detector expects; see its SQL."""
QUANTITIES = ("avg", *FEATURES)
"""With the quantity of an hour, its mean."""

CONSUMPTION_BASELINE = Table(
    "consumption_baseline",
    "The expected consumption of each meter on each day, fitted on the days before it.",
    (
        Column("day", "DATE", "The day of the expectation", False),
        Column("serial", "STRING", "Serial of the meter", False),
        *(
            Column(f"{name}_{part}", "FLOAT64", description.format(name), required=False)
            for part, description in (
                ("mean", "Expected {} of the day; see the detector's SQL"),
                ("sd", "Standard deviation of the next {}"),
            )
            for name in FEATURES
        ),
        *(
            Column(f"{name}_{part}", "FLOAT64", description.format(name), required=False)
            for part, description in (
                ("loading", "Slope of the deviations of {} against the weather factor"),
                ("loading_variance", "Variance of the estimate of the loading of {}"),
            )
            for name in QUANTITIES
        ),
        *list_hour_columns("mean", "Expected mean of hour {}, a logarithm"),
        *list_hour_columns("sd", "Standard deviation of the next mean of hour {}"),
        Column("mean_kw", "FLOAT64", "Mean power over the days of the fit, kW", False),
        Column("fit_days", "INT64", "Days that the expectation is fitted on", False),
        Column("history_days", "INT64", "Days since the meter was first seen, 42 at most", False),
    ),
    partition_by="day",
    cluster_by=("serial",),
)

CONSUMPTION_DEVIATIONS = Table(
    "consumption_deviations",
    "How far each meter's hours and day are from their baseline, in standard deviations.",
    (
        Column("day", "DATE", "The day", False),
        Column("serial", "STRING", "Serial of the meter", False),
        Column("level", "FLOAT64", "Deviation of the day's mean; NULL with few hours", False),
        Column("floor", "FLOAT64", "Deviation of the third-smallest hourly minimum", False),
        Column("peak", "FLOAT64", "Deviation of the largest reading", False),
        Column("shape", "FLOAT64", "Deviation of the likeness to the meter's own profile", False),
        *list_hour_columns("avg_z", "Deviation of the mean of hour {}"),
        *list_hour_columns("expected", "Expected mean of hour {}, a logarithm"),
        *list_hour_columns("spread", "Standard deviation of the mean of hour {}"),
        Column("hour_squares", "FLOAT64", "Sum of the squares of the hours' deviations", False),
        Column("hours", "INT64", "Hours with a deviation", False),
        Column("usual_kw", "FLOAT64", "Mean power over the days of the fit, kW", False),
        Column("history_days", "INT64", "Days since the meter was first seen, 42 at most", False),
        Column("is_vacant", "BOOL", "Whether nobody was home", False),
    ),
    partition_by="day",
    cluster_by=("serial",),
)

SCORE_COUNTS = Table(
    "score_counts",
    "How many scores of each day are in which bucket. They calibrate the scores of later days.",
    (
        Column("day", "DATE", "The day", False),
        Column("tail", "STRING", "Layer, quantity, span and sign, e.g. day:level7-", False),
        Column("bucket", "INT64", "Fiftieths of a score", False),
        Column("n", "INT64", "Scores of the fleet in the bucket", False),
    ),
    partition_by="day",
)

ANOMALY_SCORES = Table(
    "anomaly_scores",
    "How anomalous each meter's hour is, and why: a row for each expected meter and hour.",
    (
        Column("serial", "STRING", "Serial of the meter", False),
        Column("time_hour_rolled", "TIMESTAMP", "Start of the hour, UTC", False),
        Column("score", "FLOAT64", "Deviation of the reason, in standard deviations", False),
        Column("anomaly_probability", "FLOAT64", "1 for a broken rule; NULL if unknown yet", False),
        Column("lower", "FLOAT64", "Lower bound of the hour's avg_kw, 99%, kW", False),
        Column("upper", "FLOAT64", "Upper bound of the hour's avg_kw, 99%, kW", False),
        Column("reason", "STRING", "Layer and feature, e.g. rule:missing, day:level7-", False),
        Column("provisional", "BOOL", "Less than 42 days of history", False),
    ),
    partition_by="time_hour_rolled",
    cluster_by=("serial",),
)

FLAGGED_DAYS = Table(
    "flagged_days",
    "The days on which a meter has flagged hours: a row for each meter and kind.",
    (
        Column("day", "DATE", "The day, UTC", False),
        Column("serial", "STRING", "Serial of the meter", False),
        Column("kind", "STRING", "rule: the data; behaviour: the consumption", False),
        Column("hours", "INT64", "Flagged hours", False),
        Column("probability", "FLOAT64", "Highest probability of these hours", False),
        Column("reason", "STRING", "Most frequent reason of these hours", False),
        Column("provisional", "BOOL", "A reason needs 42 days of history and has fewer", False),
    ),
    partition_by="day",
    cluster_by=("serial",),
)

INJECTED_ANOMALIES = Table(
    "injected_anomalies",
    "Theft, faults and benign changes of a simulation: a row for each and each day it touches.",
    (
        Column("label_date", "DATE", "The day"),
        Column("serial", "STRING", "Serial of the meter"),
        Column("kind", "STRING", "T1 to T8 for theft, F1 to F11 for faults, B1 to B7 benign"),
        Column("starts_at", "TIMESTAMP", "Start of the episode, UTC"),
        Column("ends_at", "TIMESTAMP", "End of the episode, exclusive, UTC"),
        Column("parameters", "STRING", 'What the kind drew, as JSON, e.g. {"factor":0.4}'),
        Column("kwh_withheld", "FLOAT64", "True less reported energy of the day; below 0 if added"),
        Column("touched_hours", "STRING", "Hours of the day that it changed, as JSON, e.g. [0,1]"),
    ),
    partition_by="label_date",
    cluster_by=("serial",),
)

ANOMALY_ALERTS = Table(
    "anomaly_alerts",
    "The episodes of anomalous meters that are open on each day or closed on it.",
    (
        Column("alert_date", "DATE", "The day of this state", False),
        Column("alert_id", "STRING", "Serial, kind, opened_on; the same on every day", False),
        Column("serial", "STRING", "Serial of the meter", False),
        Column("kind", "STRING", "rule: the data; behaviour: the consumption", False),
        Column("status", "STRING", "open or closed", False),
        Column("opened_on", "DATE", "First day of the episode", False),
        Column("last_flagged_on", "DATE", "Last flagged day up to alert_date", False),
        Column("closed_on", "DATE", "First day after the episode; NULL while it is open", False),
        Column("days_flagged", "INT64", "Flagged days up to alert_date", False),
        Column("worst_probability", "FLOAT64", "Highest probability of these days", False),
        Column("reason", "STRING", "Most frequent reason of the flagged hours", False),
    ),
    partition_by="alert_date",
    cluster_by=("serial",),
)

METER_FEEDBACK = Table(
    "meter_feedback",
    "What people found out about meters. The latest row of a meter counts.",
    (
        Column("given_at", "TIMESTAMP", "When it was said, UTC"),
        Column("serial", "STRING", "Serial of the meter"),
        Column("verdict", "STRING", "theft, fault, benign or unknown"),
        Column("note", "STRING", "Any text", False),
        Column("snoozed_until", "DATE", "First day that alerts again; NULL if all do", False),
    ),
    partition_by="given_at",
    cluster_by=("serial",),
)

DETECTOR_EVALUATION = Table(
    "detector_evaluation",
    "How well a day's scores find its injected anomalies: a row for each kind, and one for all.",
    (
        Column("evaluation_date", "DATE", "The day", False),
        Column("kind", "STRING", "T1 to T8, F1 to F11, or all", False),
        Column("meters", "INT64", "Meters with hours that the kind changed", False),
        Column("touched_hours", "INT64", "Hours that the kind changed", False),
        Column("flagged_hours", "INT64", "Of these, hours flagged", False),
        Column("recall", "FLOAT64", "flagged_hours / touched_hours", False),
        Column("kwh_withheld", "FLOAT64", "Energy withheld; added energy does not count", False),
        Column("kwh_recovered", "FLOAT64", "Of this, the energy of flagged hours", False),
        Column(
            "clean_hours",
            "INT64",
            "Scored hours of meters without an anomaly that day; all only; NULL without scores",
            False,
        ),
        Column("false_hours", "INT64", "Of these, hours flagged; all only", False),
        Column("precision", "FLOAT64", "Flagged touched / flagged touched or clean; all", False),
        Column("false_positive_rate", "FLOAT64", "false_hours / clean_hours; all only", False),
    ),
    partition_by="evaluation_date",
    cluster_by=("kind",),
)
