"""The Dataplex scan of the day's fleet_anomalies."""
