"""BigQuery ML's ARIMA_PLUS: a model of each meter, trained for one day and asked about that day.

training.sql trains on the history, and scored.sql asks the model. No test runs this SQL, because
the local cloud has no BigQuery ML. It follows the reference of `CREATE MODEL` and of
`ML.DETECT_ANOMALIES`:
https://cloud.google.com/bigquery/docs/reference/standard-sql/bigqueryml-syntax-create-time-series
https://cloud.google.com/bigquery/docs/reference/standard-sql/bigqueryml-syntax-detect-anomalies
"""

from wattif_dagster.detection.arima_plus.queries import scores_steps, training_sql

__all__ = ["scores_steps", "training_sql"]
