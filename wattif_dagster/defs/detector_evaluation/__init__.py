"""What the day's scores found of the day's injected anomalies."""
