"""Statements that scan the same partitions of a table more than once, and why they must."""

_EPISODES = (
    "an episode is known only when the flagged days of a meter are put in order. Its probability "
    "and its most frequent reason are then read from the days that it has"
)
_SCALE = (
    "hours and days have different columns, and both are divided by the meter's own scales, which "
    "are one row of this table"
)
_SMALL_TABLE = "the table has some thousand rows, whatever the number of meters: a scan is nothing"

SCANNED_TWICE = {
    ("anomaly_alerts", "flagged_days"): _EPISODES,
    ("", "flagged_days"): _EPISODES,
    ("anomaly_scores", "consumption_deviations"): (
        "the hours and the days of a meter are different columns, which become rows of one list. "
        "The list is joined twice, because an hour takes the rarer of its own tail and its day's"
    ),
    ("anomaly_scores", "scaled_deviations"): _SCALE,
    ("anomaly_scores", "score_tails"): _SMALL_TABLE,
    ("consumption_baseline", "baseline_fit"): (
        "the fleet's mean of each day must be known before a meter's slope against it is fitted, "
        "and the expectations of the hours are other rows of the same table"
    ),
    ("consumption_deviations", "day_deviations"): (
        "the fleet's means of the day must be known before the weather is, and both before they "
        "are taken out of each meter's deviations"
    ),
    ("score_counts", "scaled_deviations"): _SCALE,
    ("score_tails", "score_counts"): _SMALL_TABLE,
    ("anomaly_scores", "hourly_consumption"): (
        "AI.DETECT_ANOMALIES takes the history of the meters that are long enough known as a query "
        "of its own, and the row of each meter tells the length of that history again"
    ),
    ("detector_evaluation", "anomaly_scores"): (
        "the hours of injected anomalies are counted by kind, and those of all other meters as a "
        "whole, for which every meter's day is read. It is one day"
    ),
    ("detector_evaluation", "injected_anomalies"): (
        "the row of all kinds counts a meter with two kinds once, so it is no sum of the others, "
        "and the clean meters are those without an injected anomaly. It is one day"
    ),
    ("fleet_anomalies", "fleet_hours"): (
        "the day is compared with a baseline of the days before it. The table has 24 rows a day, "
        "whatever the number of meters"
    ),
}
"""By the table that a statement fills, "" for a query, and the table that it scans."""
