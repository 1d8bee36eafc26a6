"""A detector's queries, in the order in which they run."""

from dataclasses import dataclass

from wattif_dagster.schemas import Table


@dataclass(frozen=True)
class Tables:
    """The names of the tables that a detector reads and writes, quoted for SQL.

    Without a registry the expected meters are those seen in the last seven days. `model` is the
    model of a detector that trains one, with the day in its name. In `any_table`, `{}` stands for
    the name of a table of the same dataset.
    """

    hourly_consumption: str
    meter_days: str
    consumption_baseline: str
    consumption_deviations: str
    meter_registry: str | None = None
    model: str | None = None
    any_table: str = "{}"

    def quoted(self, table: Table) -> str:
        """Quote the name of a temporary table."""
        return self.any_table.format(table.name)


@dataclass(frozen=True)
class Step:
    """A SELECT whose rows replace the day's partition of a table."""

    table: Table
    select: str
