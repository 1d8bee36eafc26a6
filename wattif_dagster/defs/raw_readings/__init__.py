"""The day's readings as NDJSON in Cloud Storage."""
