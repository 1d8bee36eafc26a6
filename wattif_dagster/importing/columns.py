"""Which columns of a table hold the serial, the timestamp and the value.

A long table has a reading in each row. A wide table has a day of a meter in each row, with a column
for each interval: named by the time of day, as 00:30 or 0030, or numbered, as 1 to 48.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wattif_dagster.errors import UserError
from wattif_dagster.importing.options import ImportOptions

SECONDS_PER_DAY = 86_400
_INTERVALS_OF_A_DAY = (24, 48, 96, 144, 288, 1440)

SERIALS = (
    "serial",
    "lclid",
    "meter",
    "meterid",
    "meterserial",
    "serialnumber",
    "nmi",
    "mpan",
    "id",
)
TIMES = ("timestamp", "tstp", "time", "datetime", "dateandtime", "readingtime", "readat", "date")
VALUES = (
    "reading", "value", "kwh", "energy", "energykwhhh", "energykwh", "consumption", "usage", "kw",
    "power", "kwhhh", "consumptionkwh", "usagekwh", "powerkw", "avgkw",
)  # fmt: skip
"""Names that are found without being given, of lower-case letters and digits alone."""

_CLOCK = re.compile(r"\D*?(\d{1,2}):?(\d{2})(?::?(\d{2}))?")
_NUMBERED = re.compile(r"(\D*?)0*(\d{1,4})")


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long table."""

    serial: str
    timestamp: str
    value: str

    @property
    def used(self) -> tuple[str, ...]:
        """All that are read."""
        return self.serial, self.timestamp, self.value


@dataclass(frozen=True)
class WideColumns:
    """The columns of a wide table: `offsets` are seconds of the day by the column's name."""

    serial: str
    date: str
    offsets: dict[str, int]

    @property
    def used(self) -> tuple[str, ...]:
        """All that are read."""
        return self.serial, self.date, *self.offsets


def choose_columns(
    columns: Sequence[str], options: ImportOptions, file: str
) -> LongColumns | WideColumns:
    """Choose the columns of a table.

    Raises UserError when one is not found, and when the value's name tells kW and no unit is given.
    """
    names = options.names
    repeated = {name for name in columns if columns.count(name) > 1}
    serial = _find(columns, names.serial, SERIALS, "serial", file)
    timestamp = _find(columns, names.timestamp, TIMES, "timestamp", file)
    others = [name for name in columns if name not in (serial, timestamp)]
    offsets = {} if names.value else find_offsets(others)
    if offsets:
        chosen: LongColumns | WideColumns = WideColumns(serial, timestamp, offsets)
    else:
        value = _find(columns, names.value, VALUES, "value", file)
        if options.unit is None:
            _refuse_kilowatts(value, file)
        chosen = LongColumns(serial, timestamp, value)
    if twice := repeated.intersection(chosen.used):
        raise UserError(f"{file} has two columns {min(twice)!r}. Rename one of them.")
    if len(set(chosen.used)) < len(chosen.used):
        raise UserError(f"{file}: --serial, --timestamp and --value must be different columns.")
    return chosen


def _refuse_kilowatts(value: str, file: str) -> None:
    if "kw" in value.lower() and "kwh" not in value.lower():
        raise UserError(
            f"The column {value!r} of {file} seems to be in kW. Say --unit kw, or --unit kwh if it "
            "is the energy of each interval."
        )


def find_offsets(columns: Sequence[str]) -> dict[str, int]:
    """Find the columns of a wide table, with the seconds of the day each stands for; or none."""
    for find in (_read_clocks, _read_numbers):
        offsets = find(columns)
        if len(offsets) in _INTERVALS_OF_A_DAY:
            return offsets
    return {}


def _read_clocks(columns: Sequence[str]) -> dict[str, int]:
    """Read names such as 00:30, 0030 or kwh_00:30; 24:00 is the end of the day."""
    found: dict[str, int] = {}
    for name in columns:
        if clock := _CLOCK.fullmatch(name.strip()):
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            at = hours * 3600 + minutes * 60 + seconds
            if minutes < 60 and seconds < 60 and at <= SECONDS_PER_DAY:
                found[name] = at
    return found if _are_even(sorted(found.values())) else {}


def _read_numbers(columns: Sequence[str]) -> dict[str, int]:
    """Read names such as 1 to 48, v01 to v48 or hh_0 to hh_47."""
    numbered: dict[str, dict[str, int]] = {}
    for name in columns:
        if number := _NUMBERED.fullmatch(name.strip()):
            numbered.setdefault(number[1], {})[name] = int(number[2])
    for found in numbered.values():
        first, many = min(found.values()), len(found)
        if many in _INTERVALS_OF_A_DAY and sorted(found.values()) == [*range(first, first + many)]:
            return {name: (n - first) * SECONDS_PER_DAY // many for name, n in found.items()}
    return {}


def _are_even(offsets: Sequence[int]) -> bool:
    """Whether they divide the day evenly."""
    steps = {later - earlier for earlier, later in pairwise(offsets)}
    return len(steps) == 1 and steps.pop() * len(offsets) == SECONDS_PER_DAY


def _find(
    columns: Sequence[str], given: str | None, known: Sequence[str], what: str, file: str
) -> str:
    if given is not None:
        if given in columns:
            return given
        problem = f"{file} has no column {given!r}."
    else:
        plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(columns)}
        for name in known:
            if name in plain:
                return plain[name]
        problem = f"No column of {file} is known to be the {what}. Name it with --{what}."
    listed = ", ".join(map(repr, columns[:20])) + (", ..." if len(columns) > 20 else "")
    raise UserError(f"{problem} Its columns are {listed}.")
