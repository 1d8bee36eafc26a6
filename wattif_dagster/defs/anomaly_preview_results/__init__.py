"""Dataplex's own anomaly detection, where Google has enabled the preview."""
