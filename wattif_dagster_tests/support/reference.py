"""The reference pages of the documents, which are written from the code.

`python -m wattif_dagster_tests.support.reference` writes them again.
"""

from collections.abc import Iterator

import click

from wattif_dagster import schemas
from wattif_dagster.cli.commands import wattif
from wattif_dagster.schemas import Table
from wattif_dagster_tests.support.project import ROOT

FOLDER = ROOT / "docs/reference"


def write_commands() -> str:
    """Write a section for each command, with its options."""
    context = click.Context(wattif, info_name="wattif")
    sections = (_write_command(context, name) for name in sorted(wattif.list_commands(context)))
    return "\n".join(["# Commands\n", "`wattif COMMAND --help` prints the same.\n", *sections])


def _write_command(parent: click.Context, name: str) -> str:
    command = wattif.get_command(parent, name)
    assert command
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"## wattif {name}\n", f"```text\n{usage}\n```\n", f"{_join(command.help or '')}\n"]
    described = [param.get_help_record(context) for param in command.get_params(context)]
    rows = [record for record in described if record and "--help" not in record[0]]
    if rows:
        lines += ["| option | |", "|---|---|"]
        lines += [f"| `{_escape(option)}` | {_escape(text)} |" for option, text in rows] + [""]
    return "\n".join(lines)


def _join(text: str) -> str:
    """Join the lines of each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def write_tables() -> str:
    """Write a section for each table that is kept, with its columns."""
    introduction = (
        "Each table has a partition for each day, UTC. [The data](../data.md#in-bigquery) says who "
        "writes it.\n"
    )
    return "\n".join(["# Tables\n", introduction, *map(_write_table, list_tables())])


def list_tables() -> Iterator[Table]:
    """List the tables by name, without temporary ones."""
    found = [value for value in vars(schemas).values() if isinstance(value, Table)]
    yield from sorted((t for t in found if not t.temporary), key=lambda table: table.name)


def _write_table(table: Table) -> str:
    clustered = f", clustered by {', '.join(f'`{c}`' for c in table.cluster_by)}"
    lines = [
        f"## {table.name}\n",
        f"{table.description}\n",
        f"Partitioned by `{table.partition_by}`{clustered if table.cluster_by else ''}.\n",
        "| column | type | |",
        "|---|---|---|",
        *(f"| `{c.name}` | {c.type} | {_escape(c.description)} |" for c in table.columns),
    ]
    return "\n".join(lines) + "\n"


PAGES = {"commands.md": write_commands, "tables.md": write_tables}


if __name__ == "__main__":
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), "utf-8")
