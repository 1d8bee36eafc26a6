"""The history of the fleet's anomalies, which the plan of a backfill takes into account."""

HISTORY_DAYS = 28
"""Days before a day that its fleet anomalies read. They hold 8 weekend days."""
