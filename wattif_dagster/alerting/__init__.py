"""Sends new alerts to channels, each alert once.

Channels, messages and the ledger of deliveries belong here. The sensor that calls them, and the
query that finds alerts, are in `defs.anomaly_alerts`. Nothing here knows Dagster or a cloud.
"""
