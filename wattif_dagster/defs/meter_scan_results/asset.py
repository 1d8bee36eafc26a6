"""meter_scan_results: the Dataplex scan of the day's anomaly_scores."""

from pathlib import Path

from wattif_dagster import keys, schemas
from wattif_dagster.scans.asset import scan_asset
from wattif_dagster.scans.daily_scan import TableScan

RULES = Path(__file__).with_name("rules.yaml")
SCAN = TableScan(
    schemas.ANOMALY_SCORES,
    schemas.METER_SCAN_RESULTS,
    id_option="meter_scan_id",
    display_name="WattIf meter anomalies",
    description="Anomaly scores of each meter's hours of one day.",
)

meter_scan_results = scan_asset(
    keys.METER_SCAN_RESULTS,
    SCAN,
    deps=[keys.ANOMALY_SCORES],
    default_rules=RULES,
    option="meter_rules",
    description="A Dataplex scan of the day's `anomaly_scores`. Each rule is an asset check.",
)
