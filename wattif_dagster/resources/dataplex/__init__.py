"""Dataplex data quality scans: their definition, their jobs and their results.

`rules` reads rules files, `definition` describes a scan, `scans` is the Dagster resource, `results`
reads the result of a job, and `preview` uses REST for what the stock client lacks. Which tables are
scanned, and by which rules, is decided in `defs/`.
"""
