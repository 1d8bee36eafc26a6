"""Scores days of hourly consumption without Dagster, by the layered detector's own SQL.

days.py     runs the detector's steps, day after day
"""
