"""Which days of an evaluation are scored, and on which of them anomalies begin."""

from wattif_dagster.detection.layered.queries import HISTORY_DAYS

TEST_DAYS = 14
ONSET_DAYS = 4
LEAST_DAYS = 8
"""A week of history, and a day that is scored."""


def scored_days(days: int) -> int:
    """Count the last days that are scored: 14, or what a full history leaves, but at least 1."""
    return min(TEST_DAYS, max(1, days - HISTORY_DAYS))


def onset_days(days: int) -> int:
    """Count the first of the scored days on which anomalies begin."""
    return min(ONSET_DAYS, scored_days(days))
