"""Which partitions are to be made, and one run for each day that makes them.

`graph` reads the asset graph, `status` reads Dagster's event log, `plan` decides, `execute` makes a
day in this process, and `queue` submits days to the instance's queue. Every way of WattIf to make
days goes through here. No Google service and no command line is known here.
"""
