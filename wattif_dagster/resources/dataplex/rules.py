"""Reads a file of scan rules: the Dataplex API's DataQualitySpec as YAML.

Fields are spelled as the API spells them, in camelCase or snake_case. What the API would refuse
when the scan is created or run is already refused here, in a sentence that names the file, the rule
and the field.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from google.cloud import dataplex_v1
from google.protobuf import json_format

from wattif_dagster.errors import UserError
from wattif_dagster.resources.dataplex.typed_yaml import SpecError, conform
from wattif_dagster.yaml_text import parse_yaml, read_text

MAX_RULES = 1000

_NAME = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DIMENSION = re.compile(r"[A-Z][A-Z_]{0,29}")
_IGNORES_NULL = {
    "range_expectation",
    "set_expectation",
    "regex_expectation",
    "uniqueness_expectation",
}
PER_ROW = {*_IGNORES_NULL, "non_null_expectation", "row_condition_expectation"}
"""Kinds of rules that hold for each row. The others hold for the table as a whole."""
_NEEDS_COLUMN = {*_IGNORES_NULL, "non_null_expectation", "statistic_range_expectation"}
_REQUIRED = {
    "set_expectation": "values",
    "regex_expectation": "regex",
    "statistic_range_expectation": "statistic",
    "row_condition_expectation": "sql_expression",
    "table_condition_expectation": "sql_expression",
    "sql_assertion": "sql_statement",
    "template_reference": "name",
}


def load_spec(path: Path) -> dataplex_v1.DataQualitySpec:
    """Read the spec in the file. Raises UserError where it is unreadable or would be refused."""
    return parse_spec(read_text(path, "The scan rules"), str(path))


def parse_spec(text: str, source: str) -> dataplex_v1.DataQualitySpec:
    """Parse the spec in the text. `source` names it in errors. Raises UserError."""
    document = parse_yaml(text, source)
    try:
        pb = dataplex_v1.DataQualitySpec.pb(dataplex_v1.DataQualitySpec())
        json_format.ParseDict(conform(document, pb.DESCRIPTOR), pb)
        spec = dataplex_v1.DataQualitySpec.wrap(pb)
        _check(spec)
    except (SpecError, json_format.ParseError) as error:
        raise UserError(f"{source}: {str(error).rstrip('.')}.") from None
    return spec


def _check(spec: dataplex_v1.DataQualitySpec) -> None:
    if not 0 <= spec.sampling_percent <= 100:
        raise SpecError(f"samplingPercent is {spec.sampling_percent:g}. Use 0 to 100")
    if ";" in spec.row_filter:
        raise SpecError("rowFilter contains a semicolon. Write one SQL expression")
    if not 1 <= len(spec.rules) <= MAX_RULES:
        raise SpecError(f"rules has {len(spec.rules)} rules. Write 1 to {MAX_RULES}")
    seen: set[str] = set()
    for position, rule in enumerate(spec.rules, start=1):
        if not rule.name:
            raise SpecError(f"rule {position}: name is missing")
        if rule.name in seen:
            raise SpecError(f"rule {rule.name!r}: the name is used twice")
        seen.add(rule.name)
        for fault in _faults(rule):
            raise SpecError(f"rule {rule.name!r}: {fault}")


def _faults(rule: dataplex_v1.DataQualityRule) -> Iterator[str]:
    """List what the API would refuse of one rule, beginning with the field."""
    pb = dataplex_v1.DataQualityRule.pb(rule)
    kind = pb.WhichOneof("rule_type")
    if kind is None:
        yield "it has no expectation, such as nonNullExpectation, rangeExpectation or sqlAssertion"
        return
    if not _NAME.fullmatch(rule.name):
        yield "name may have letters, digits and '-', begins with a letter, and has 63 at most"
    if rule.dimension and not _DIMENSION.fullmatch(rule.dimension):
        yield f"dimension is {rule.dimension!r}. Use 30 upper case letters at most, e.g. ACCURACY"
    if len(rule.description) > 1024:
        yield "description is longer than 1024 characters"
    if kind in _NEEDS_COLUMN and not rule.column:
        yield f"column is missing, which {_camel(kind)} needs"
    if not 0 <= rule.threshold <= 1:
        yield f"threshold is {rule.threshold:g}. Use a share above 0, up to 1"
    if rule.threshold and kind not in PER_ROW:
        yield f"threshold does not apply to {_camel(kind)}, which passes or fails as a whole"
    if rule.ignore_null and kind not in _IGNORES_NULL:
        yield f"ignoreNull does not apply to {_camel(kind)}"

    expectation = getattr(pb, kind)
    fields = expectation.DESCRIPTOR.fields_by_name
    required = _REQUIRED.get(kind)
    if required and not getattr(expectation, required):
        yield f"{fields[required].json_name} is missing from {_camel(kind)}"
    if "min_value" in fields and not (expectation.min_value or expectation.max_value):
        yield f"{_camel(kind)} needs a minValue or a maxValue"
    for sql in ("sql_expression", "sql_statement"):
        if sql in fields and ";" in getattr(expectation, sql):
            yield f"{fields[sql].json_name} contains a semicolon. Write a single piece of SQL"


def _camel(kind: str) -> str:
    return dataplex_v1.DataQualityRule.pb().DESCRIPTOR.fields_by_name[kind].json_name
