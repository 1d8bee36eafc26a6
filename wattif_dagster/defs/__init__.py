"""What Dagster shows: one folder for each table, named like the table.

A folder holds what concerns its table: the asset, its SQL, checks and plot. `automation` holds the
jobs and schedules that belong to no single table. Everything here is found by its place; no list
names it. How days are rendered, scored or compared is not here but in the rooms below.
"""
