"""anomaly_scan_results: the Dataplex scan of the day's fleet_anomalies."""

from pathlib import Path

from wattif_dagster import keys, schemas
from wattif_dagster.scans.asset import scan_asset
from wattif_dagster.scans.daily_scan import TableScan

RULES = Path(__file__).with_name("rules.yaml")
SCAN = TableScan(
    schemas.FLEET_ANOMALIES,
    schemas.ANOMALY_SCAN_RESULTS,
    id_option="scan_id",
    display_name="WattIf fleet anomalies",
    description="AVG and MAX of consumption_hour_rolled of one day, against their history.",
)


anomaly_scan_results = scan_asset(
    keys.ANOMALY_SCAN_RESULTS,
    SCAN,
    deps=[keys.FLEET_ANOMALIES],
    default_rules=RULES,
    option="rules",
    description="A Dataplex scan of the day's `fleet_anomalies`. Each rule is an asset check.",
)
