"""What the supervisor remembers between commands: ports, and the processes it started."""

import os
from pathlib import Path

from pydantic import BaseModel, ValidationError

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.process import Identity


class State(BaseModel):
    """Read and written whole."""

    ports: dict[str, int] = {}
    """By `service.purpose`. Kept when the services are down, to be used again."""
    processes: dict[str, Identity] = {}
    """By service. Also of crashed ones, until `down` or the next `up`."""

    @classmethod
    def read(cls, file: Path) -> "State":
        """The state in the file, empty where there is none. Raises UserError if it is damaged."""
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
        """Replace the file."""
        write_atomically(file, self.model_dump_json(indent=2))


def write_atomically(file: Path, text: str) -> None:
    """Write a file that readers see either as it was or complete."""
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(text)
    os.replace(partial, file)
