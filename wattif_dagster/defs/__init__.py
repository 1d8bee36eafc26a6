"""What Dagster shows: one folder for each table, with the name of the table.

A folder has everything that concerns its table: the asset, its SQL, checks and plot. `automation`
has the jobs and schedules that belong to no single table. Dagster finds definitions by their place,
so no list names them. How days are rendered, scored or reconciled is not here, but in the packages
that these import.
"""
