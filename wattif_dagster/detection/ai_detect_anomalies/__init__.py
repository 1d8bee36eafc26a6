"""BigQuery's AI.DETECT_ANOMALIES: the TimesFM model, trained by Google, given a meter's history.

Never run: the local cloud does not have it. Written after its reference:
https://cloud.google.com/bigquery/docs/reference/standard-sql/bigqueryml-syntax-ai-detect-anomalies
"""

from wattif_dagster.detection.ai_detect_anomalies.queries import scores_sql

__all__ = ["scores_sql"]
