"""The layered detector of anomalies per meter, in BigQuery SQL.

Layer 0 (rules.sql) finds what is wrong whatever the history. Layer 1 compares each hour's mean and
largest reading with the meter's own baseline. Layer 2 compares the shape of a day, over 1, 3 and 7
days. Each is scored in day_deviations.sql and consumption_deviations.sql, and score_tails.sql and
score_layers.sql turn scores into p-values. anomaly_scores.sql joins the layers. Baseline and
deviations are stored by day, so that every past day has the scores that it had then, and
calibration is out of sample.

Each file is a query or a part of one. queries.py says in which order they run: BigQuery runs a CTE
again for each reference to it, so what is referred to often is stored between two queries.
"""
