"""Names, said once: asset keys, pools, and metadata that is read again."""

from dagster import AssetKey

METER_REGISTRY = AssetKey(["wattif", "meter_registry"])
RAW_READINGS = AssetKey(["wattif", "raw_readings"])
METER_READINGS = AssetKey(["wattif", "meter_readings"])
HOURLY_CONSUMPTION = AssetKey(["wattif", "hourly_consumption"])
FLEET_ANOMALIES = AssetKey(["wattif", "fleet_anomalies"])
ANOMALY_SCAN_RESULTS = AssetKey(["wattif", "anomaly_scan_results"])
INJECTED_ANOMALIES = AssetKey(["wattif", "injected_anomalies"])
CONSUMPTION_BASELINE = AssetKey(["wattif", "consumption_baseline"])
ANOMALY_SCORES = AssetKey(["wattif", "anomaly_scores"])
ANOMALY_ALERTS = AssetKey(["wattif", "anomaly_alerts"])
METER_SCAN_RESULTS = AssetKey(["wattif", "meter_scan_results"])
ANOMALY_PREVIEW_RESULTS = AssetKey(["wattif", "anomaly_preview_results"])
DETECTOR_EVALUATION = AssetKey(["wattif", "detector_evaluation"])

DAILY = (
    METER_REGISTRY,
    RAW_READINGS,
    INJECTED_ANOMALIES,
    METER_READINGS,
    HOURLY_CONSUMPTION,
    FLEET_ANOMALIES,
    ANOMALY_SCAN_RESULTS,
    CONSUMPTION_BASELINE,
    ANOMALY_SCORES,
    METER_SCAN_RESULTS,
    ANOMALY_ALERTS,
    DETECTOR_EVALUATION,
)
"""The assets that are made by the day."""

SCAN_POOL = "dataplex_scan"
"""A scan is one shared object: its days run one at a time."""

FAULTS_BY_DAY, COUNTS_BY_DAY = "faults_by_day", "counts_by_day"
"""Of a blocking check: faults of the days that have some, and counts of all days it judged."""

OWNERS = ["team:metering"]
