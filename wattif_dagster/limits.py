"""Limits of Google's services that the code must keep and that plans take into account."""

MAX_URIS = 10_000
"""The most source URIs that a BigQuery load job may have."""
