"""What the detectors share that forecast a meter from its history with BigQuery ML.

history.sql finds the meters that can be scored, and their hours. scores.sql makes the rows of
anomaly_scores from a forecast and the rules of layer 0. nothing.sql stands in for the forecast
while no meter has enough history.
"""
