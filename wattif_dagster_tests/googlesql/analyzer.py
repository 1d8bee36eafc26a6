"""A client of Google's SQL analyzer and reference implementation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from wattif_dagster_tests.googlesql.column_types import Columns, from_proto, to_proto
from wattif_dagster_tests.googlesql.language import ANALYZER, LANGUAGE
from wattif_dagster_tests.googlesql.messages import Service
from wattif_dagster_tests.googlesql.values import read_row, write_row

Row = Sequence[Any]


class RefusedError(Exception):
    """The analyzer refuses a statement; the message is its own."""


@dataclass(frozen=True)
class Analyzed:
    """What the analyzer says of a statement: its result, and the table or model it creates."""

    columns: Columns
    creates_table: str = ""
    creates_model: str = ""


class Analyzer:
    """Asks the service about statements. Every method raises RefusedError.

    `parameters` are the types of query parameters by name, and `catalog` is a SimpleCatalogProto.
    """

    def __init__(self, folder: Path, channel: grpc.Channel) -> None:
        self._service = Service(folder, channel)

    def list_tables(self, sql: str) -> list[tuple[str, ...]]:
        """List the tables that a statement names, each by the parts of its name."""
        answer = self._call("ExtractTableNamesFromStatement", sql_statement=sql, options=LANGUAGE)
        return [tuple(found.table_name_segment) for found in answer.table_name]

    def analyze(
        self, sql: str, parameters: Mapping[str, str], catalog: Mapping[str, Any]
    ) -> Analyzed:
        """Analyze a statement."""
        answer = self._call(
            "Analyze",
            sql_statement=sql,
            options=_declare(parameters),
            simple_catalog=catalog,
        )
        kind, found = "", answer.resolved_statement
        while found.DESCRIPTOR.name.startswith("Any"):
            kind = found.WhichOneof("node")
            found = getattr(found, kind)
        match kind:
            case "resolved_query_stmt_node":
                return Analyzed(_read_output(found))
            case "resolved_create_model_stmt_node":
                return Analyzed((), creates_model=".".join(found.parent.name_path))
            case "resolved_create_table_stmt_node" | "resolved_create_table_as_select_stmt_node":
                table = found.parent
                columns = tuple((c.name, from_proto(c.type)) for c in table.column_definition_list)
                return Analyzed(columns, creates_table=".".join(table.parent.name_path))
        return Analyzed(())

    def evaluate(
        self,
        sql: str,
        parameters: Mapping[str, tuple[str, Any]],
        catalog: Mapping[str, Any],
        content: Mapping[str, tuple[Columns, Sequence[Row]]],
    ) -> list[Row]:
        """Evaluate a query over these rows by Google's reference implementation.

        `parameters` have types and values. `content` has columns and rows of each table by its name
        in the catalog.
        """
        types = {name: of for name, (of, _) in parameters.items()}
        rows = {
            name: {"table_data": {"row": [{"cell": write_row(columns, row)} for row in rows]}}
            for name, (columns, rows) in content.items()
        }
        given = [
            {"name": name, "value": write_row(((name, of),), [value])[0]}
            for name, (of, value) in parameters.items()
        ]
        answer = self._call(
            "EvaluateQuery",
            sql=sql,
            options=_declare(types),
            simple_catalog=catalog,
            table_content=rows,
            params=given,
        )
        columns = self.analyze(sql, types, catalog).columns
        return [read_row(columns, row.cell) for row in answer.content.table_data.row]

    def _call(self, method: str, **request: Any) -> Any:
        try:
            return self._service.call(method, **request)
        except grpc.RpcError as error:
            raise RefusedError(error.details()) from None  # type: ignore[attr-defined]


def _declare(parameters: Mapping[str, str]) -> dict[str, Any]:
    declared = [{"name": name, "type": to_proto(of)} for name, of in parameters.items()]
    return {**ANALYZER, "query_parameters": declared}


def _read_output(found: Any) -> Columns:
    return tuple((c.name, from_proto(c.column.type)) for c in found.output_column_list)
