"""Scores hourly consumption without Dagster, by the layered detector's own SQL.

files.py     reads Parquet and CSV files in batches
hours.py     fills hourly_consumption, and finds out what it holds
days.py      runs the detector's steps, day after day
results.py   reads the scores, how good they are, and the flagged meters
output.py    writes them
pictures.py  draws the worst meters
"""
