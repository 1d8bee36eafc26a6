"""WattIf: synthetic smart-meter data at scale, landed, rolled up and searched for anomalies."""

import warnings

# Dagster's backfill policies and partition mappings are marked beta; said once is in the docs.
warnings.filterwarnings("ignore", message=r".*is currently in beta, and may have breaking changes")
