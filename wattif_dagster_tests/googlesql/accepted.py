"""Statements that scan the same partitions of a table more than once, and why they may."""

_SMALL = "the hours at the alerts' probability alone pass its filter"
_FLEET = "the fleet's means come from the same meters that they are taken from"
_SCALE = "a meter's hours and its day are scored in units of scales that are one row"
_SMALL_TABLE = "it has some thousand rows, whatever the number of meters"
_ONE_DAY = "it is one day, and counted by kind and as a whole"

SCANNED_TWICE = {
    ("anomaly_alerts", "anomaly_scores"): _SMALL,
    ("", "anomaly_scores"): _SMALL,
    ("anomaly_scores", "consumption_deviations"): "the best of an hour and of its day are one row",
    ("anomaly_scores", "scaled_deviations"): _SCALE,
    ("anomaly_scores", "score_tails"): _SMALL_TABLE,
    ("consumption_baseline", "baseline_fit"): "its kinds of rows are joined",
    ("consumption_deviations", "day_deviations"): _FLEET,
    ("score_counts", "scaled_deviations"): _SCALE,
    ("score_tails", "score_counts"): _SMALL_TABLE,
    ("anomaly_scores", "hourly_consumption"): "its history is scored, and counted in days",
    ("detector_evaluation", "anomaly_scores"): _ONE_DAY,
    ("detector_evaluation", "injected_anomalies"): _ONE_DAY,
    ("fleet_anomalies", "hourly_consumption"): "both metrics, and the day beside its history",
}
"""By the table that a statement fills, "" for a query, and the table that it scans."""
