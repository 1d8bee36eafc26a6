"""What BigQuery is asked to do: loads, the hourly roll-up, the figures the checks compare."""
