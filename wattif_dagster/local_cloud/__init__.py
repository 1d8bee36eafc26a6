"""The local cloud: services on this machine that stand in for Google Cloud.

This package starts and ends them, and holds the local BigQuery and the local Dataplex. Their
clients do not belong here: they are in `resources` and work with both clouds. Only the command line
and the tests import this package.
"""
