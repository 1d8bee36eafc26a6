"""Checks a data quality rule before its scan is stored."""

from google.cloud.dataplex_v1.types import DataQualityRule

from wattif_dagster.scan_rules import COLUMN_KINDS, find_rule_faults

from . import preview
from .errors import invalid_argument, unimplemented
from .rules import get_kind
from .validate_preview import check_detection


def check_rule(rule: DataQualityRule, field: str) -> None:
    """Check a rule. `field` is its path. Raises ApiError, which names the field."""
    kind = get_kind(rule)
    if not kind:
        raise invalid_argument(f"{field}: one rule type is required")
    if kind == "template_reference":
        raise unimplemented(f"{field}.template_reference")
    needs_column = kind in COLUMN_KINDS or kind == preview.RULE_KIND
    for path, text in find_rule_faults(rule, kind, needs_column=needs_column):
        raise invalid_argument(f"{field}.{path}: {text}")
    if kind == preview.RULE_KIND:
        check_detection(preview.extend(rule).data_anomaly_detection, f"{field}.{kind}")
