"""Reads a file of scan rules: the Dataplex API's DataQualitySpec as YAML.

Fields are spelled as the API spells them, in camelCase or snake_case. What the API would refuse
when the scan is created or run is already refused here, in a sentence that names the file, the rule
and the field.
"""

import re
from pathlib import Path

from google.cloud import dataplex_v1
from google.protobuf import json_format

from wattif_dagster.errors import UserError
from wattif_dagster.resources.dataplex.typed_yaml import SpecError, conform
from wattif_dagster.scan_rules import COLUMN_KINDS, find_rule_faults, find_spec_faults
from wattif_dagster.yaml_text import parse_yaml, read_text


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
    for path, text in find_spec_faults(spec):
        raise SpecError(f"{_camel(path)}: {text}")
    seen: set[str] = set()
    for position, rule in enumerate(spec.rules, start=1):
        if not rule.name:
            raise SpecError(f"rule {position}: name is missing")
        if rule.name in seen:
            raise SpecError(f"rule {rule.name!r}: the name is used twice")
        seen.add(rule.name)
        kind = dataplex_v1.DataQualityRule.pb(rule).WhichOneof("rule_type")
        if kind is None:
            raise SpecError(
                f"rule {rule.name!r}: it has no expectation, such as nonNullExpectation, "
                "rangeExpectation or sqlAssertion"
            )
        for path, text in find_rule_faults(rule, kind, needs_column=kind in COLUMN_KINDS):
            said = text.replace(kind, _camel(kind))
            raise SpecError(f"rule {rule.name!r}: {_camel(path)}: {said}")


def _camel(text: str) -> str:
    """Write the names of fields as the API's documents do."""
    return re.sub(r"(?<=[a-z])_([a-z])", lambda found: found[1].upper(), text)
