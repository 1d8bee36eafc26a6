"""A running clock: the readings of each moment land as small objects while it passes.

Nothing here knows Dagster. A streamed day has the readings of the day that `ingest` lands at once.
"""
