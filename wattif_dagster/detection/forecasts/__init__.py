"""What the detectors that forecast a meter from its history share: BigQuery ML's.

history.sql: whom they can judge, and by which hours. scores.sql: from a forecast to the rows of
anomaly_scores, under the rules of layer 0. nothing.sql: in place of a forecast, while no meter has
history enough.
"""
