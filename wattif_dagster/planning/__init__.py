"""Estimates what a backfill takes: bytes, objects, time, quotas and money.

Estimates from a short calibration, from column sizes and from a price table belong here. The
command that prints them is in `cli`. Nothing here calls Google Cloud.
"""
