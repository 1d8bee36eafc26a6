"""How many of the day's injected anomalies the day's scores find."""
