"""What you say about the files of an import."""

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from wattif_dagster.importing.files import Format

Unit = Literal["kwh", "kw", "register"]
"""The energy of an interval, its mean power, or a register that grows with the energy drawn."""


@dataclass(frozen=True)
class Names:
    """The names that you give to columns; None for those to be found."""

    serial: str | None = None
    timestamp: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class ImportOptions:
    """What you say about the files; None is found out."""

    format: Format | None = None
    names: Names = field(default_factory=Names)
    unit: Unit | None = None
    interval: int | None = None
    """Seconds."""
    zone: ZoneInfo | None = None
    """The zone of times that name none. Unless said, it is that of the format, or `home_zone`."""
    home_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """The zone that the meters are in."""
    stamps: Literal["start", "end"] = "start"
    """Which end of its interval a timestamp marks."""
    decimal_comma: bool | None = None
    time_format: str | None = None
    """As `datetime.strptime` takes it."""
