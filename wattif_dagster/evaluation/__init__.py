"""Measures how well a detector finds anomalies that are labelled.

What compares probabilities with labels belongs here. Detectors are in `detection`. Nothing here
knows Dagster.

hours.py       a fleet's hourly consumption as arrays, and its injected episodes
truth.py       episodes from rows of injected_anomalies
simulated.py   both from a simulation, without rendering it
files.py       both from Parquet or CSV files
layered.py     the layered detector, run by BigQuery
references.py  two simpler detectors on the same hours
measures.py    how good their probabilities are
summary.py     mean and worst of several seeds
plots.py       curves, bars and the worst misses
realism_plot.py  a week of a home and of the fleet
"""
