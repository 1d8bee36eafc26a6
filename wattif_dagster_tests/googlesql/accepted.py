"""Statements that scan the same partitions of a table more than once, and why they may."""

_SMALL = "the hours at the alerts' probability alone pass its filter"
_FLEET = "the fleet's means come from the same meters that they are taken from"
_CALIBRATION = "the days of a meter say first whether it calibrates"
_SMALL_TABLE = "it has some thousand rows, whatever the number of meters"
_ONE_DAY = "it is one day, and counted by kind and as a whole"

SCANNED_TWICE = {
    ("anomaly_alerts", "anomaly_scores"): _SMALL,
    ("", "anomaly_scores"): _SMALL,
    ("anomaly_scores", "consumption_deviations"): "the best of an hour and of its day are one row",
    ("anomaly_scores", "score_layers"): _SMALL_TABLE,
    ("anomaly_scores", "score_tails"): _SMALL_TABLE,
    ("consumption_baseline", "baseline_fit"): "its kinds of rows are joined",
    ("consumption_deviations", "day_deviations"): _FLEET,
    ("score_layers", "consumption_deviations"): _CALIBRATION,
    ("score_tails", "consumption_deviations"): _CALIBRATION,
    ("anomaly_scores", "hourly_consumption"): "its history is scored, and counted in days",
    ("detector_evaluation", "anomaly_scores"): _ONE_DAY,
    ("detector_evaluation", "injected_anomalies"): _ONE_DAY,
    ("fleet_anomalies", "fleet_hours"): "it has 24 rows a day, whatever the number of meters",
}
"""By the table that a statement fills, "" for a query, and the table that it scans."""
