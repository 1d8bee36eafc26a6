"""How well a detector finds anomalies whose truth is known. Knows no Dagster.

hours.py       a fleet's hourly consumption as arrays, and its injected episodes
truth.py       episodes from rows of injected_anomalies
simulated.py   both from a simulation, without rendering it
files.py       both from Parquet or CSV files
layered.py     the layered detector, run by BigQuery
references.py  two simpler detectors on the same hours
measures.py    how good their probabilities are
pictures.py    curves, bars and the worst misses
"""
