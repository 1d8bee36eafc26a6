"""WattIf: synthetic smart-meter data at scale, landed, rolled up and searched for anomalies."""

import warnings

# Dagster marks backfill policies and partition mappings beta; its minor version is pinned.
warnings.filterwarnings("ignore", message=r".*is currently in beta, and may have breaking changes")
