"""The Dataplex scan of the day's anomaly_scores."""
