"""Which days of which assets are missing, and runs that make just them.

Knows Dagster's event log and the asset graph; knows no Google service and no command line.
"""
