"""A detector's queries, in the order in which they run."""

from dataclasses import dataclass

from wattif_dagster.local_time import LocalTime
from wattif_dagster.schemas import Table

UTC = LocalTime()


@dataclass(frozen=True)
class Tables:
    """The dataset whose tables a detector reads and writes.

    In `name`, `{}` stands for the name of a table, quoted for SQL. Without the registry the
    expected meters are those seen in the last seven days. `model` is the quoted name of the model
    of a detector that trains one, with the day in it. `local_time` is the time that people live in.
    """

    name: str = "{}"
    registry: bool = False
    model: str | None = None
    local_time: LocalTime = UTC

    def quoted(self, table: Table) -> str:
        """Quote the table's name for SQL."""
        return self.name.format(table.name)


@dataclass(frozen=True)
class Step:
    """A SELECT whose rows replace the day's partition of a table."""

    table: Table
    select: str
