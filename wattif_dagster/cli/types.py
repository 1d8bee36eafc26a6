"""The types of options. They import nothing that `--help` would have to wait for."""

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

LARGEST = 2**31 - 1
_MOST_DAYS = 3660


def positive() -> click.IntRange:
    """A whole number of 1 or more."""
    return click.IntRange(1, LARGEST)


class Day(click.ParamType):
    """A date written as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Parse the date. Ends the command with a sentence for anything else."""
        from wattif_dagster.metering.simulation import parse_day

        if isinstance(value, date):
            return value
        try:
            return parse_day(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Days(click.ParamType):
    """A number of days, such as 30d or 30."""

    name = "DAYS"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Parse the number. Ends the command with a sentence for anything else."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([0-9]{1,5})d?", value.strip())
        days = int(found[1]) if found else 0
        if not 1 <= days <= _MOST_DAYS:
            self.fail(f"{value!r} is no number of days from 1d to {_MOST_DAYS}d.", param, ctx)
        return days


class OutputFile(click.Path):
    """A file that can be written, refused before the work for it is done."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """Check the path. Ends the command with a sentence when it cannot be written."""
        if not os.fspath(value):
            self.fail("The path is empty. Give the name of a file.", param, ctx)
        file = Path(os.fsdecode(super().convert(value, param, ctx)))
        require_writable(file, lambda sentence: self.fail(sentence, param, ctx))
        return file


def require_writable(file: Path, fail: Callable[[str], object]) -> None:
    """Call `fail` with a sentence when the file cannot be written. Leaves no file behind."""
    try:
        is_new = not file.exists()
        with file.open("ab"):
            pass
        if is_new:
            file.unlink()
    except OSError as error:
        fail(f"{file} cannot be written ({error.strerror}). Choose another file.")
