"""Anomaly detection for single meters: the detectors, and the SQL that each sends to BigQuery.

A package for each detector, and `forecasts` for what two of them share. Here is only SQL: the
assets in `defs/` run it, and the evaluation measures it. Nothing here imports Dagster or a client.
"""
