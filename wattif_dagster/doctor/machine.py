"""This machine: its Python, the packages that WattIf asks for, and the space on its disks."""

import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from wattif_dagster.doctor.check import WrongError

DISTRIBUTION = "wattif-dagster"
MEBIBYTE = 2**20


def read_python_range() -> str:
    """Read which versions of Python WattIf is for."""
    return metadata(DISTRIBUTION)["Requires-Python"]


def check_python(wanted: str) -> str:
    """Check that this Python is one of the wanted versions, e.g. ">=3.11,<3.14"."""
    running = platform.python_version()
    if not SpecifierSet(wanted).contains(running, prereleases=True):
        raise WrongError(
            f"This is Python {running}, and WattIf needs {wanted}. Install one of these, and make "
            "a new environment with it.",
            "python3.13 -m venv .venv",
        )
    return f"Python {running}"


def read_requirements(extra: str) -> list[str]:
    """Read which packages WattIf asks for, with those of the extra, on this machine."""
    found = [Requirement(line) for line in requires(DISTRIBUTION) or ()]
    return [
        f"{each.name}{each.specifier}"
        for each in found
        if each.marker is None or any(each.marker.evaluate({"extra": name}) for name in ("", extra))
    ]


def check_packages(requirements: Sequence[str], extra: str) -> str:
    """Check that each package is installed, in a version that was asked for."""
    faults = [fault for line in requirements if (fault := _find_fault(Requirement(line)))]
    if faults:
        name = f"{DISTRIBUTION}[{extra}]" if extra else DISTRIBUTION
        raise WrongError(f"{'; '.join(faults)}.", f"pip install --upgrade '{name}'")
    return f"{len(requirements)} packages have the versions that WattIf asks for"


def _find_fault(wanted: Requirement) -> str | None:
    try:
        installed = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is not installed"
    if wanted.specifier.contains(installed, prereleases=True):
        return None
    return f"{wanted.name} is {installed}, not {wanted.specifier}"


def check_disk(folder: Path, needed: int, variable: str) -> str:
    """Check that the disk of the folder has so many bytes free.

    The folder need not exist. `variable` sets it.
    """
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    said = f"{free // MEBIBYTE:,} MiB are free in {folder}"
    if free < needed:
        raise WrongError(
            f"{said}, and {needed // MEBIBYTE:,} MiB are needed. Free some, or use another disk.",
            f"export {variable}=FOLDER_ON_ANOTHER_DISK",
        )
    return said
