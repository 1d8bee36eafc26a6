"""The day's readings in BigQuery."""
