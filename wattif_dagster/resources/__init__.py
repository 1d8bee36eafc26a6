"""Dagster resources: credentials and endpoints, Cloud Storage, BigQuery, Dataplex."""
