"""The sensor that tells each channel of new and ended alerts once, whatever run made them."""

from datetime import date

from dagster import (
    AssetRecordsFilter,
    DailyPartitionsDefinition,
    DefaultSensorStatus,
    Definitions,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    definitions,
    sensor,
)

from wattif_dagster import keys, schemas
from wattif_dagster.alerting.ledger import Ledger
from wattif_dagster.daily_asset import build_context
from wattif_dagster.defs.anomaly_alerts.alerts import find_news
from wattif_dagster.ingest.layout import report_name
from wattif_dagster.partitions import daily_partitions
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import AlertResource
from wattif_dagster.settings.alerts import AlertSettings

INTERVAL_SECONDS = 300
"""Seconds between evaluations. A channel may fail in as many as the ledger has retries."""

MATERIALIZATIONS_READ = 1000
"""The most materializations that one evaluation reads. The next one continues after them."""


@definitions
def alert_notifications() -> Definitions:
    """Build the sensor. It is on by default when the settings name a channel."""
    settings = build_context().settings
    alerts, partitions = settings.alerts, daily_partitions(settings.first_day)

    @sensor(
        name="alert_notifications",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=(
            DefaultSensorStatus.RUNNING if alerts.notify_urls else DefaultSensorStatus.STOPPED
        ),
        description="Tells the channels of WATTIF_ALERTS__NOTIFY_URLS of new and ended alerts, or "
        "logs them.",
    )
    def evaluate(
        context: SensorEvaluationContext,
        wattif_alert_rule: AlertResource,
        wattif_gcs: GcsTransferManager,
        wattif_bigquery: BigQueryWarehouse,
    ) -> SensorResult:
        stores = wattif_gcs, wattif_bigquery
        return notify(context, wattif_alert_rule, stores, alerts, partitions)

    return Definitions(sensors=[evaluate])


def notify(
    context: SensorEvaluationContext,
    rule: AlertResource,
    stores: tuple[GcsTransferManager, BigQueryWarehouse],
    settings: AlertSettings,
    partitions: DailyPartitionsDefinition,
) -> SensorResult:
    """Deliver the alerts of days materialized since the last evaluation.

    The new cursor is the ledger's JSON. The channels are not a resource, because its config would
    show their tokens.
    """
    from wattif_dagster.alerting.channels import (
        Channel,
        make_channels,
    )  # they take a second to import
    from wattif_dagster.alerting.delivery import deliver

    gcs, bigquery = stores
    ledger = Ledger.parse(context.cursor)
    days = partitions.get_partition_keys()[-settings.notify_within_days :]
    made = context.instance.fetch_materializations(
        AssetRecordsFilter(
            keys.ANOMALY_ALERTS, asset_partitions=days, after_storage_id=ledger.seen
        ),
        limit=MATERIALIZATIONS_READ,
        ascending=True,
    ).records
    if not days or not made:
        return _finish(ledger, "No recent day of anomaly_alerts was materialized.")
    since = date.fromisoformat(days[0])
    ledger.forget(opened_before=since)
    alert_days = sorted({date.fromisoformat(str(record.partition_key)) for record in made})
    found = find_news(bigquery, rule, alert_days, since)

    log = Channel("log", "the log", lambda message: context.log.info(str(message)) is None)
    channels = make_channels(settings.notify_urls) or [log]
    table = bigquery.table_name(schemas.ANOMALY_ALERTS)
    page = report_name(alert_days[-1])
    links = [f"The page about {alert_days[-1]}: {gcs.link(page)}"] if any(gcs.list(page)) else []
    deliveries = deliver(ledger, channels, found, [f"in {table}", *links])
    for delivery in deliveries:
        if delivery.given_up:
            context.log.error(f"{delivery.channel} was not told of {', '.join(delivery.given_up)}.")
        elif not delivery.taken:
            context.log.warning(str(delivery))
    if not any(delivery.is_pending for delivery in deliveries):
        ledger.seen = made[-1].storage_id
    return _finish(ledger, "; ".join(map(str, deliveries)) or "No alert is new or ended.")


def _finish(ledger: Ledger, message: str) -> SensorResult:
    return SensorResult(skip_reason=SkipReason(message), cursor=ledger.model_dump_json())
