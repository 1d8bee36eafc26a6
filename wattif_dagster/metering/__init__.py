"""The domain: serials, the fleet, its load and its NDJSON bytes. Knows no Dagster and no cloud."""
