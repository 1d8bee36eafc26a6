"""Tells of new alerts, once to each channel; never fails a run, for it is in none."""

from datetime import date

from dagster import (
    AssetRecordsFilter,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from wattif_dagster import keys, schemas
from wattif_dagster.alerting.ledger import Ledger
from wattif_dagster.alerting.options import AlertSettings
from wattif_dagster.partitions import DAYS
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.options import AlertResource
from wattif_dagster.settings import Settings
from wattif_dagster.warehouse.alerts import new_alerts

INTERVAL_SECONDS = 300
"""A channel may be out of reach for as many of them as the ledger has retries."""

MATERIALIZATIONS = 1000
"""Looked at in one evaluation; the next goes on from there."""


def alert_notifications(settings: AlertSettings) -> SensorDefinition:
    """The sensor. It runs from the start where somebody is to be told."""

    @sensor(
        name="alert_notifications",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=(
            DefaultSensorStatus.RUNNING if settings.notify_urls else DefaultSensorStatus.STOPPED
        ),
        description="Tells the channels of WATTIF_ALERTS__NOTIFY_URLS of new alerts; none: logs.",
    )
    def evaluate(
        context: SensorEvaluationContext, alerts: AlertResource, bigquery: BigQueryWarehouse
    ) -> SensorResult:
        return notify(context, alerts, bigquery)

    return evaluate


def notify(
    context: SensorEvaluationContext, alerts: AlertResource, bigquery: BigQueryWarehouse
) -> SensorResult:
    """Deliver the alerts of the days materialized since; the new cursor is the ledger's JSON.

    The channels are read here: a resource's or a run's config would show their tokens.
    """
    from wattif_dagster.alerting.channels import Channel, channels_of  # take a second to import
    from wattif_dagster.alerting.delivery import deliver

    settings = Settings.load().alerts
    ledger = Ledger.parse(context.cursor)
    days = DAYS.get_partition_keys()[-settings.notify_within_days :]
    made = context.instance.fetch_materializations(
        AssetRecordsFilter(
            keys.ANOMALY_ALERTS, asset_partitions=days, after_storage_id=ledger.seen
        ),
        limit=MATERIALIZATIONS,
        ascending=True,
    ).records
    if not days or not made:
        return _result(ledger, "no recent day of anomaly_alerts was materialized")
    since = date.fromisoformat(days[0])
    ledger.forget(opened_before=since)
    of_days = sorted({date.fromisoformat(str(record.partition_key)) for record in made})
    found = new_alerts(bigquery, alerts, of_days, since)

    log = Channel("log", "the log", lambda message: context.log.info(str(message)) is None)
    channels = channels_of(settings.notify_urls) or [log]
    deliveries = deliver(ledger, channels, found, bigquery.table_name(schemas.ANOMALY_ALERTS))
    for delivery in deliveries:
        if delivery.given_up:
            context.log.error(f"{delivery.channel} was not told of {', '.join(delivery.given_up)}")
        elif not delivery.taken:
            context.log.warning(str(delivery))
    if not any(delivery.is_pending for delivery in deliveries):
        ledger.seen = made[-1].storage_id
    return _result(ledger, "; ".join(map(str, deliveries)) or "no alert is new")


def _result(ledger: Ledger, said: str) -> SensorResult:
    return SensorResult(skip_reason=SkipReason(said), cursor=ledger.model_dump_json())
