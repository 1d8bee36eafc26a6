"""Anomaly detection: SQL files, scan rules and their pictures. Knows no Dagster."""
