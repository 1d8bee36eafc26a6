"""Dataplex: scans described, kept, run and waited for, over the stock client.

`rules` reads rules, `definition` describes a scan, `scans` is the Dagster resource, `results` reads
what a job found, and `preview` speaks REST for what the stock client lacks.
"""
