"""The layered detector of anomalies per meter, in BigQuery SQL.

Layer 0 (rules.sql) finds what is wrong whatever the history. Layer 1 compares each hour's mean and
largest reading with the meter's own baseline. Layer 2 compares the shape of a day, over 1, 3 and 7
days. deviations.sql scores layers 1 and 2, calibration.sql turns scores into p-values, and
scores.sql joins the layers. The baseline is stored by day, so that every past day is scored with
the baseline it had then, and calibration is out of sample.
"""
