"""The keys of the assets, the pool of the scans, and the owners."""

from dagster import AssetKey

PREFIX = "wattif"

METER_REGISTRY = AssetKey([PREFIX, "meter_registry"])
RAW_READINGS = AssetKey([PREFIX, "raw_readings"])
METER_READINGS = AssetKey([PREFIX, "meter_readings"])
HOURLY_CONSUMPTION = AssetKey([PREFIX, "hourly_consumption"])
METER_DAYS = AssetKey([PREFIX, "meter_days"])
INJECTED_ANOMALIES = AssetKey([PREFIX, "injected_anomalies"])
FLEET_ANOMALIES = AssetKey([PREFIX, "fleet_anomalies"])
ANOMALY_SCAN_RESULTS = AssetKey([PREFIX, "anomaly_scan_results"])
CONSUMPTION_BASELINE = AssetKey([PREFIX, "consumption_baseline"])
ANOMALY_SCORES = AssetKey([PREFIX, "anomaly_scores"])
METER_SCAN_RESULTS = AssetKey([PREFIX, "meter_scan_results"])
ANOMALY_ALERTS = AssetKey([PREFIX, "anomaly_alerts"])
DETECTOR_EVALUATION = AssetKey([PREFIX, "detector_evaluation"])
DAILY_REPORT = AssetKey([PREFIX, "daily_report"])
ANOMALY_PREVIEW_RESULTS = AssetKey([PREFIX, "anomaly_preview_results"])

SCAN_POOL = "dataplex_scan"
"""A scan is one shared object, so only one run may use it at a time."""

OWNERS = ["team:metering"]
DAILY_JOB = "daily"
"""The job that makes one day of every daily asset."""
