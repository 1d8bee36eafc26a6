"""Paths in settings: `~` is the user's home folder."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def _expand_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(
            f"{path} begins with the home folder of a user who does not exist"
        ) from None


UserPath = Annotated[Path, AfterValidator(_expand_home)]
"""A path whose leading `~` stands for the user's home folder."""
UserPathText = Annotated[str, AfterValidator(lambda text: str(_expand_home(Path(text))))]
"""As UserPath, kept as text, which a Dagster resource can hold."""
