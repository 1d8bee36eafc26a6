"""A file that a command is to write."""

import os
from pathlib import Path

import click


class OutputFile(click.Path):
    """A path that can be written, refused before the work for it is done."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The path. Ends the command with a sentence when it cannot be written there."""
        file = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not file.parent.is_dir():
            self.fail(f"{file.parent} is no folder; make it, or write elsewhere", param, ctx)
        if not os.access(file.parent, os.W_OK):
            self.fail(f"{file.parent} cannot be written to; write elsewhere", param, ctx)
        return file
