"""The domain: serials, the fleet, the load of meters, anomalies, and readings as NDJSON bytes.

Everything is a pure function of the simulation's settings, the day and the serial. Objects, tables
and detectors belong elsewhere. Nothing here knows Dagster or a cloud.
"""
