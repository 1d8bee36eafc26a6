"""Defines a data quality scan, and compares it with the scan that exists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from google.cloud import dataplex_v1
from google.protobuf.field_mask_pb2 import FieldMask

from wattif_dagster.errors import UserError

_BIGQUERY = "//bigquery.googleapis.com/"


@dataclass(frozen=True, kw_only=True)
class Notifications:
    """Who gets a scan's report by mail, and when. Dataplex sends it; the local cloud logs it."""

    recipients: tuple[str, ...]
    below_score: float | None = None
    on_failure: bool = True
    on_end: bool = False


def table_resource(table: str) -> str:
    """Make the resource name of `project.dataset.table`. Raises UserError for other text."""
    match table.split("."):
        case [project, dataset, name] if project and dataset and name:
            return f"{_BIGQUERY}projects/{project}/datasets/{dataset}/tables/{name}"
    raise UserError(f"{table!r} is not the name of a table. Write project.dataset.table.")


def day_filter(column: str, day: date) -> str:
    """Make the row filter that confines a scan to one UTC day of a TIMESTAMP column."""
    end = day + timedelta(days=1)
    return f"{column} >= TIMESTAMP '{day}' AND {column} < TIMESTAMP '{end}'"


def yesterday_filter(column: str) -> str:
    """Make the row filter that confines each job of a scan to the UTC day before it runs."""
    begin = "TIMESTAMP(DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY))"
    return f"{column} >= {begin} AND {column} < TIMESTAMP(CURRENT_DATE())"


def quality_scan(
    table: str,
    spec: dataplex_v1.DataQualitySpec,
    *,
    row_filter: str = "",
    export_table: str | None = None,
    notifications: Notifications | None = None,
    schedule: str | None = None,
    incremental_column: str = "",
    display_name: str = "",
    description: str = "",
    labels: Mapping[str, str] | None = None,
    catalog_publishing: bool = False,
) -> dataplex_v1.DataScan:
    """Define a scan of `table` by the rules, sampling and filter of `spec`, which is not changed.

    `row_filter` is added to the filter of the spec. `schedule` is a cron expression; without it the
    scan runs on demand. With `catalog_publishing`, or where the spec says so, Dataplex publishes
    the latest result in its catalog. `table` and `export_table` are `project.dataset.table`.
    Raises UserError.
    """
    spec = dataplex_v1.DataQualitySpec(spec)
    spec.row_filter = " AND ".join(f"({part})" for part in (spec.row_filter, row_filter) if part)
    spec.catalog_publishing_enabled = spec.catalog_publishing_enabled or catalog_publishing
    actions = dataplex_v1.DataQualitySpec.PostScanActions
    if export_table:
        spec.post_scan_actions.bigquery_export = actions.BigQueryExport(
            results_table=table_resource(export_table)
        )
    if notifications and notifications.recipients:
        report = actions.NotificationReport(recipients={"emails": notifications.recipients})
        if notifications.below_score is not None:
            report.score_threshold_trigger = actions.ScoreThresholdTrigger(
                score_threshold=notifications.below_score
            )
        if notifications.on_failure:
            report.job_failure_trigger = actions.JobFailureTrigger()
        if notifications.on_end:
            report.job_end_trigger = actions.JobEndTrigger()
        spec.post_scan_actions.notification_report = report
    return dataplex_v1.DataScan(
        data={"resource": table_resource(table)},
        execution_spec={
            "trigger": {"schedule": {"cron": schedule}} if schedule else {"on_demand": {}},
            "field": incremental_column,
        },
        data_quality_spec=spec,
        display_name=display_name,
        description=description,
        labels=labels or {},
    )


def check_changeable(have: dataplex_v1.DataScan, want: dataplex_v1.DataScan) -> None:
    """Raise UserError where `have` must be deleted before it can become `want`."""
    for reason in _obstacles(have, want):
        raise UserError(
            f"Scan {have.name} cannot be changed: {reason}. Delete it, or use another scan id."
        )


def _obstacles(have: dataplex_v1.DataScan, want: dataplex_v1.DataScan) -> Iterator[str]:
    if "data_quality_spec" not in have:
        yield "it is not a data quality scan"
    if have.data != want.data:
        yield f"it scans {have.data.resource or have.data.entity}, not {want.data.resource}"
    if have.execution_spec.field != want.execution_spec.field:
        yield (
            f"its incremental column is {have.execution_spec.field or 'none'}, "
            f"not {want.execution_spec.field or 'none'}"
        )
    if "one_time" in have.execution_spec.trigger:
        yield "it runs only one time"
    # A rule of a preview kind arrives empty, and an update would delete it.
    for rule in have.data_quality_spec.rules:
        if dataplex_v1.DataQualityRule.pb(rule).WhichOneof("rule_type") is None:
            yield f"its rule {rule.name!r} is of a kind that this client does not know"


def differences(have: dataplex_v1.DataScan, want: dataplex_v1.DataScan) -> tuple[str, ...]:
    """List the fields in which the two differ, apart from what the service fills in."""
    have, want = _normal(have), _normal(want)
    paths = [p for p in ("display_name", "description", "labels") if _differ(have, want, p)]
    if have.execution_spec.trigger != want.execution_spec.trigger:
        paths.append("execution_spec.trigger")
    for field in dataplex_v1.DataQualitySpec.meta.fields:
        if _differ(have.data_quality_spec, want.data_quality_spec, field):
            paths.append(f"data_quality_spec.{field}")
    return tuple(paths)


def update_mask(paths: tuple[str, ...]) -> FieldMask:
    """Make the mask that covers the paths. A spec is replaced as a whole."""
    spec = "data_quality_spec"
    return FieldMask(paths=sorted({spec if p.startswith(spec) else p for p in paths}))


def _differ(have: object, want: object, field: str) -> bool:
    return getattr(have, field) != getattr(want, field)


def _normal(scan: dataplex_v1.DataScan) -> dataplex_v1.DataScan:
    """Copy the scan, with the defaults written out that the service may leave out."""
    scan = dataplex_v1.DataScan(scan)
    if not dataplex_v1.Trigger.pb(scan.execution_spec.trigger).WhichOneof("mode"):
        scan.execution_spec.trigger = dataplex_v1.Trigger(on_demand={})
    spec = scan.data_quality_spec
    spec.sampling_percent = spec.sampling_percent or 100
    export = spec.post_scan_actions.bigquery_export
    export.results_table = export.results_table.removeprefix(_BIGQUERY)
    for rule in spec.rules:
        rule.threshold = rule.threshold or 1
        dataplex_v1.DataQualityRule.pb(rule).ClearField("rule_source")
    return scan
