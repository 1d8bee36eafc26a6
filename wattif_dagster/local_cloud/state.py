"""What the supervisor keeps between commands: the ports, and the processes it started."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.process import Identity

Port = Annotated[int, Field(ge=1, le=65535)]


class State(BaseModel):
    """Content of the state file, which is read and written as a whole."""

    home: str | None = None
    """Absolute path of the home that the file was written for. None in files of older versions."""
    ports: dict[str, Port] = {}
    """By `service.purpose`. They are kept while the services are down, to be used again."""
    processes: dict[str, Identity] = {}
    """By service. A crashed service stays until `down` or the next `up`."""

    @classmethod
    def read(cls, file: Path) -> "State":
        """The state in the file, or an empty one without a file.

        Raises UserError when the content is damaged and OSError when the file cannot be read.
        """
        try:
            return cls.model_validate_json(file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except ValidationError:
            raise UserError(
                f"{file} is damaged; end the services of the local cloud that still run, "
                "then remove the file"
            ) from None

    def write(self, file: Path) -> None:
        """Replace the file. Raises OSError."""
        write_atomically(file, self.model_dump_json(indent=2))

    def belongs_to(self, home: Path, file: Path) -> bool:
        """Whether the state, read from this file of this home, is the home's own.

        It is not when the home is a copy of another one that still has its state file. The state
        of a home that was moved, or that has two paths, is its own.
        """
        if self.home is None or Path(self.home) == home:
            return True
        try:
            return (Path(self.home) / file.relative_to(home)).samefile(file)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except PermissionError:
            return False


def write_atomically(file: Path, text: str) -> None:
    """Write a file that readers see either as it was or complete. Raises OSError."""
    partial = file.with_name(f".{file.name}.partial")
    try:
        partial.write_text(text)
        os.replace(partial, file)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise
