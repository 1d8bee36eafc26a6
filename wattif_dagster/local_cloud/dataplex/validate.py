"""Checks a scan before it is stored. All functions raise ApiError."""

import re
from datetime import timedelta

from google.cloud.dataplex_v1.types import (
    DataQualitySpec,
    DataScan,
    DataSource,
    ExecutionIdentity,
)

from wattif_dagster.scan_rules import (
    MAX_DESCRIPTION,
    MAX_RECIPIENTS,
    find_long_text,
    find_spec_faults,
)

from .errors import invalid_argument, unimplemented
from .names import TableName
from .trigger import get_time_to_live, get_trigger_mode
from .validate_preview import check_preview
from .validate_rules import check_rule

MAX_DISPLAY_NAME = 256
MAX_LABELS = 64
MAX_TTL = timedelta(days=365)

_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_COLUMN = re.compile(r"[^`\\\n.]{1,300}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def check_scan(scan: DataScan) -> None:
    """Check the source, trigger, spec and labels of a scan. Raises ApiError."""
    for text, most, field in (
        (scan.description, MAX_DESCRIPTION, "description"),
        (scan.display_name, MAX_DISPLAY_NAME, "display_name"),
    ):
        for path, fault in find_long_text(text, most, field):
            raise invalid_argument(f"{path}: {fault}")
    _check_labels(dict(scan.labels))
    _check_source(scan.data)
    _check_execution(scan)
    match DataScan.pb(scan).WhichOneof("spec"):
        case "data_quality_spec":
            _check_spec(scan.data_quality_spec)
            check_preview(scan)
        case None:
            raise invalid_argument("data_quality_spec: required")
        case other:
            raise unimplemented(other)


def _check_labels(labels: dict[str, str]) -> None:
    if len(labels) > MAX_LABELS:
        raise invalid_argument(f"labels: at most {MAX_LABELS}, not {len(labels)}")
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise invalid_argument(
                f"labels: {key!r}: {value!r} must be of a-z, 0-9, '_', '-', at most 63 of them, "
                "and the key must start with a letter"
            )


def _check_source(source: DataSource) -> None:
    match DataSource.pb(source).WhichOneof("source"):
        case "resource":
            TableName.parse(source.resource, "data.resource")
        case "entity":
            raise unimplemented("data.entity")
        case _:
            raise invalid_argument("data.resource: required")


def _check_execution(scan: DataScan) -> None:
    mode = get_trigger_mode(scan)
    if mode == "schedule":
        raise unimplemented("execution_spec.trigger.schedule")
    if mode == "one_time" and not timedelta(0) <= get_time_to_live(scan) <= MAX_TTL:
        raise invalid_argument(
            "execution_spec.trigger.one_time.ttl_after_scan_completion: "
            f"must be 0 seconds to {MAX_TTL.days} days"
        )
    identity = ExecutionIdentity.pb(scan.execution_identity).WhichOneof("identity")
    if identity == "user_credential" and mode != "one_time":
        raise invalid_argument("execution_identity.user_credential: needs a one_time trigger")
    field = scan.execution_spec.field
    if field and not _COLUMN.fullmatch(field):
        raise invalid_argument(f"execution_spec.field: {field!r} is not a column name")


def _check_spec(spec: DataQualitySpec) -> None:
    field = "data_quality_spec"
    for feature in ("enable_catalog_based_rules", "filter"):
        if getattr(spec, feature):
            raise unimplemented(f"{field}.{feature}")
    for path, text in find_spec_faults(spec):
        raise invalid_argument(f"{field}.{path}: {text}")
    for index, rule in enumerate(spec.rules):
        check_rule(rule, f"{field}.rules[{index}]")
    _check_actions(spec.post_scan_actions, f"{field}.post_scan_actions")


def _check_actions(actions: DataQualitySpec.PostScanActions, field: str) -> None:
    if "bigquery_export" in actions:
        path = f"{field}.bigquery_export.results_table"
        TableName.parse(actions.bigquery_export.results_table, path)
    if "notification_report" in actions:
        report, path = actions.notification_report, f"{field}.notification_report"
        emails = report.recipients.emails
        if not emails or not all(_EMAIL.fullmatch(email) for email in emails):
            raise invalid_argument(f"{path}.recipients.emails: e-mail addresses are required")
        if len(emails) > MAX_RECIPIENTS:
            raise invalid_argument(
                f"{path}.recipients.emails: at most {MAX_RECIPIENTS}, not {len(emails)}"
            )
        if not 0 <= report.score_threshold_trigger.score_threshold <= 100:
            raise invalid_argument(
                f"{path}.score_threshold_trigger.score_threshold: must be in 0 to 100"
            )
