"""BigQuery's AI.DETECT_ANOMALIES: Google's TimesFM model, which is given a meter's history.

No test runs this SQL, because the local cloud does not have the function. It follows the reference:
https://cloud.google.com/bigquery/docs/reference/standard-sql/bigqueryml-syntax-ai-detect-anomalies
"""

from wattif_dagster.detection.ai_detect_anomalies.queries import scores_steps

__all__ = ["scores_steps"]
