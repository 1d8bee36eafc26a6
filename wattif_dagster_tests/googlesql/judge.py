"""Says what Google would refuse of the statements that were sent, and which are too large."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wattif_dagster_tests.googlesql.accepted import SCANNED_TWICE
from wattif_dagster_tests.googlesql.analyzer import Analyzed, Analyzer, RefusedError
from wattif_dagster_tests.googlesql.bounds import MAX_NODES, MAX_SCANS, measure
from wattif_dagster_tests.googlesql.catalog import Catalog, full_name
from wattif_dagster_tests.googlesql.column_types import Columns
from wattif_dagster_tests.googlesql.recording import Created, Statement

_NUMBER = re.compile(r"(?<![A-Za-z_])\d+(\.\d+)?")


@dataclass
class Judge:
    """Judges statements in the order in which they were sent, each shape of a statement once."""

    analyzer: Analyzer
    catalog: Catalog = field(default_factory=Catalog)
    _judged: dict[object, tuple[Columns, list[str]]] = field(default_factory=dict)

    def judge(self, events: Iterable[Statement | Created]) -> Iterator[tuple[Statement, list[str]]]:
        """Take what was recorded; yields each statement with its faults, each a sentence."""
        for event in events:
            if isinstance(event, Created):
                self.catalog.add(event)
            else:
                yield event, self._find_faults(event)

    def _find_faults(self, statement: Statement) -> list[str]:
        try:
            names = self.analyzer.list_tables(statement.sql)
            shape = self._find_shape(statement, names)
            if shape not in self._judged:
                described = self.catalog.describe(names, statement.project)
                found = self.analyzer.analyze(statement.sql, statement.parameters, described)
                faults = list(self._find_new_faults(statement, found))
                if found.creates_model or found.creates_table:
                    self.catalog.add_result(found, statement.project)
                    return faults
                self._judged[shape] = found.columns, faults
        except RefusedError as refusal:
            return [str(refusal)]
        columns, faults = self._judged[shape]
        if statement.destination:
            self.catalog.tables.setdefault(statement.destination, columns)
        return faults

    def _find_shape(self, statement: Statement, names: list[tuple[str, ...]]) -> object:
        """Find what decides on a statement: not its dataset, its numbers and its dates."""
        sql = statement.sql
        tables = [full_name(name, statement.project) for name in names]
        for table in (*tables, statement.destination or ""):
            sql = sql.replace(f"{table.rpartition('.')[0]}.", "")
        columns = tuple(map(self.catalog.find_columns, (*tables, statement.destination or "")))
        parameters = tuple(statement.parameters.items())
        return _NUMBER.sub("0", sql), columns, parameters, statement.is_billed

    def _find_new_faults(self, statement: Statement, found: Analyzed) -> Iterator[str]:
        wanted = self.catalog.find_columns(statement.destination or "")
        if wanted not in (None, found.columns):
            yield f"its columns are {found.columns}, and those of its destination are {wanted}"
        if statement.is_billed:
            yield from self._exceed(statement)

    def _exceed(self, statement: Statement) -> Iterator[str]:
        """Find the bounds that the statement exceeds."""
        size = measure(statement.sql, self.catalog.find_partition_column)
        inlined = "when each reference to a CTE stands for its whole text"
        if size.nodes > MAX_NODES:
            yield f"{size.nodes} plan nodes {inlined}, more than {MAX_NODES}"
        if size.scans.total() > MAX_SCANS:
            yield f"{size.scans.total()} scans {inlined}, more than {MAX_SCANS}"
        filled = (statement.destination or "").rpartition(".")[2]
        for (table, partitions), scans in size.scans.items():
            if scans > 1 and (filled, table.rpartition(".")[2]) not in SCANNED_TWICE:
                yield f"{scans} scans of {table} where {partitions or 'TRUE'} {inlined}"
