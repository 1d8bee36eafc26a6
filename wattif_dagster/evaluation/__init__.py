"""Measures how well a detector finds anomalies that are labelled.

What compares probabilities with labels belongs here. Detectors are in `detection`. Nothing here
knows Dagster.

hours.py       a fleet's hourly consumption as arrays, the truth about it, and scores
days.py        which days are scored
truth.py       episodes from rows of injected_anomalies
simulated.py   hours and truth from a simulation, without rendering it
files.py       hours and truth from Parquet or CSV files
injected.py    anomalies put into the hours of a file
layered.py     the layered detector, run by BigQuery
references.py  two simpler detectors on the same hours
measures.py    how good their scores are, of which there are
               curves.py, volume.py, ranking.py, false_flags.py and kinds.py
summary.py     mean and worst of several seeds
plots.py       curves, bars and the worst misses
realism_plot.py  a week of a home and of the fleet
"""
