"""Statements that scan the same partitions of a table more than once, and why they may."""

_SMALL = "the hours at the alerts' probability alone pass its filter"
_ONE_DAY = "it is one day, and counted by kind and as a whole"

SCANNED_TWICE = {
    ("anomaly_alerts", "anomaly_scores"): _SMALL,
    ("", "anomaly_scores"): _SMALL,
    ("anomaly_scores", "hourly_consumption"): "its history is scored, and counted in days",
    ("detector_evaluation", "anomaly_scores"): _ONE_DAY,
    ("detector_evaluation", "injected_anomalies"): _ONE_DAY,
    ("fleet_anomalies", "hourly_consumption"): "both metrics, and the day beside its history",
}
"""By the table that a statement fills, "" for a query, and the table that it scans."""
