"""The tables and models that statements may name, and a SimpleCatalogProto of those of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wattif_dagster import schemas
from wattif_dagster_tests.googlesql.analyzer import Analyzed
from wattif_dagster_tests.googlesql.column_types import Columns, to_proto
from wattif_dagster_tests.googlesql.functions import list_aggregates, list_catalogs
from wattif_dagster_tests.googlesql.language import LANGUAGE
from wattif_dagster_tests.googlesql.recording import Created

OWN_TABLES = {each.name: each for each in vars(schemas).values() if isinstance(each, schemas.Table)}
"""The tables of the product by name."""

_INFORMATION = {
    "INFORMATION_SCHEMA.PARTITIONS": (
        ("table_name", "STRING"),
        ("partition_id", "STRING"),
        ("total_rows", "INT64"),
    )
}
"""The columns that the product reads of BigQuery's views of a dataset."""

Name = Sequence[str]
"""The parts of a name as a statement writes it: with backquotes the whole is one part."""


@dataclass
class Catalog:
    """What exists by project.dataset.name."""

    tables: dict[str, Columns] = field(default_factory=dict)
    partition_columns: dict[str, str] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)

    def add(self, created: Created) -> None:
        """Add a created table."""
        self.tables[created.name] = created.columns
        if created.partition_by:
            self.partition_columns[created.name] = created.partition_by

    def add_result(self, found: Analyzed, project: str) -> None:
        """Add what a statement of the project creates."""
        if found.creates_model:
            self.models.add(found.creates_model)
        if found.creates_table:
            self.tables[full_name([found.creates_table], project)] = found.columns

    def find_columns(self, table: str) -> Columns | None:
        """Find the columns of a table; those of the product exist before they are created."""
        own = OWN_TABLES.get(table.rpartition(".")[2])
        described = tuple((c.name, c.type) for c in own.columns) if own else None
        view = ".".join(table.split(".")[-2:])
        return self.tables.get(table, _INFORMATION.get(view, described))

    def find_partition_column(self, table: str) -> str | None:
        """Find the column by which a table is partitioned."""
        own = OWN_TABLES.get(table.rpartition(".")[2])
        return self.partition_columns.get(table, own.partition_by if own else None)

    def describe(self, names: Iterable[Name], project: str) -> dict[str, Any]:
        """Describe these tables, all models and the functions as a SimpleCatalogProto.

        A name without a project is of `project`. Unknown tables are left out.
        """
        root: dict[str, Any] = {
            "name": "bigquery",
            "builtin_function_options": {"language_options": LANGUAGE},
            "custom_function": list_aggregates(),
            "catalog": list_catalogs(),
            "model": [{"name": model} for model in sorted(self.models)],
        }
        for number, name in enumerate(sorted(set(map(tuple, names)))):
            columns = self.find_columns(full_name(name, project))
            if columns is not None:
                _add_table(root, name, number + 1, columns)
        return root


def full_name(name: Name, project: str) -> str:
    """The name with its project."""
    whole = ".".join(name)
    return whole if whole.count(".") > 1 else f"{project}.{whole}"


def _add_table(catalog: dict[str, Any], name: Name, number: int, columns: Columns) -> None:
    *folders, last = name
    for folder in folders:
        inside = catalog.setdefault("catalog", [])
        found = next((each for each in inside if each["name"] == folder), None)
        if found is None:
            found = {"name": folder}
            inside.append(found)
        catalog = found
    described = [{"name": column, "type": to_proto(of)} for column, of in columns]
    table = {"name": last, "serialization_id": number, "column": described}
    catalog.setdefault("table", []).append(table)
