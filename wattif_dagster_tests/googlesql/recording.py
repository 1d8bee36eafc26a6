"""Reads what the recorder has written: the statements sent, and the tables created."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattif_dagster_tests.googlesql.column_types import Columns, read_fields, read_parameter

_TESTS, _LOCAL_CLOUD = "wattif_dagster_tests.", "wattif_dagster.local_cloud."


@dataclass(frozen=True)
class Statement:
    """A statement sent to BigQuery, with the types of its parameters by name."""

    sql: str
    project: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    destination: str | None = None
    """project.dataset.table, without the partition."""
    sender: str = ""
    """The module that had it sent."""

    @property
    def is_billed(self) -> bool:
        """Whether the product sends it to Google: not a test, nor the local Dataplex."""
        return not self.sender.startswith((_TESTS, _LOCAL_CLOUD))


@dataclass(frozen=True)
class Created:
    """A table made by the client's `create_table`."""

    name: str
    columns: Columns
    partition_by: str | None


class Recording:
    """The events of a file that several processes append to."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()
        self._read = 0

    def read_new(self) -> Iterator[Statement | Created]:
        """Read the events since the last call."""
        with self.file.open("rb") as lines:
            lines.seek(self._read)
            new = lines.readlines()
        for line in new:
            self._read += len(line)
            event = json.loads(line)
            yield _read_table(event["table"]) if "table" in event else _read_statement(event)


def _read_statement(event: Mapping[str, Any]) -> Statement:
    asked = event["query"]
    parameters = {
        each["name"]: read_parameter(each["parameterType"])
        for each in asked.get("queryParameters", [])
    }
    destination = asked.get("destinationTable")
    name = _name(destination) if destination else None
    return Statement(event["sql"], event["project"], parameters, name, event["sender"])


def _read_table(table: Mapping[str, Any]) -> Created:
    columns = read_fields(table.get("schema", {}).get("fields", []))
    partition_by = table.get("timePartitioning", {}).get("field")
    external = table.get("externalDataConfiguration")
    if external:
        declared = read_fields(external.get("schema", {}).get("fields", []))
        hive = external.get("hivePartitioningOptions", {}).get("sourceUriPrefix", "")
        folders = dict(_read_hive(hive))
        columns = tuple({**dict(declared), **folders, **dict(columns)}.items())
        partition_by = next(iter(folders), None)
    return Created(_name(table["tableReference"]), columns, partition_by)


def _read_hive(prefix: str) -> Iterator[tuple[str, str]]:
    """Read the columns of a prefix such as gs://bucket/{dt:DATE}."""
    for part in prefix.split("/"):
        if part.startswith("{"):
            name, _, of = part.strip("{}").partition(":")
            yield name, of


def _name(reference: Mapping[str, str]) -> str:
    table = reference["tableId"].partition("$")[0]
    return f"{reference['projectId']}.{reference['datasetId']}.{table}"
