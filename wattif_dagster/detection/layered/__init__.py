"""The layered detector of anomalies per meter, in BigQuery SQL.

Layer 0, rules.sql: what is wrong whatever the history. Layer 1, points: each hour's mean and
largest reading against the meter's own baseline. Layer 2, sustained: what a day looks like, over
1, 3 and 7 days. deviations.sql scores both, calibration.sql turns scores into p-values, scores.sql
joins the layers. baseline.sql is stored by day, so that every past day is judged by the baseline
it had then and calibration is out of sample.
"""
