"""anomaly_scan_results: the Dataplex scan of the day's fleet_anomalies."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from wattif_dagster import keys, markdown, schemas
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.scans.asset import scan_asset
from wattif_dagster.scans.daily_scan import TableScan
from wattif_dagster.threshold import THRESHOLD

RULES = Path(__file__).with_name("rules.yaml")
SCAN = TableScan(
    schemas.FLEET_ANOMALIES,
    schemas.ANOMALY_SCAN_RESULTS,
    id_option="scan_id",
    display_name="WattIf fleet anomalies",
    description="AVG and MAX of consumption_hour_rolled of one day, against their history.",
)


def _plot(bigquery: BigQueryWarehouse, day: date) -> Mapping[str, Any]:
    png = plot_day(read_anomalies(bigquery, day), THRESHOLD)
    return {"plot": markdown.image("AVG and MAX of the day", png)}


anomaly_scan_results = scan_asset(
    keys.ANOMALY_SCAN_RESULTS,
    SCAN,
    deps=[keys.FLEET_ANOMALIES],
    default_rules=RULES,
    option="rules",
    description="A Dataplex scan of the day's `fleet_anomalies`. Each rule is an asset check.",
    describe=_plot,
)
