"""This machine: versions and space."""

import platform
from importlib.metadata import version
from pathlib import Path

import pytest

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.machine import (
    check_disk,
    check_packages,
    check_python,
    read_python_range,
    read_requirements,
)


def test_this_python_is_one_of_the_wanted() -> None:
    assert check_python(read_python_range()) == f"Python {platform.python_version()}"


def test_other_python_is_named() -> None:
    with pytest.raises(WrongError, match=r"and WattIf needs <3\.11\. ") as caught:
        check_python("<3.11")
    assert caught.value.command == "python3.13 -m venv .venv"


def test_packages_of_the_local_cloud_are_an_extra() -> None:
    with_local, without = read_requirements("local"), read_requirements("")
    assert set(without) < set(with_local)
    assert any(line.startswith("duckdb") for line in with_local)
    assert not any(line.startswith(("duckdb", "pytest")) for line in without)
    assert check_packages(with_local, "local").startswith(f"{len(with_local)} packages have ")


def test_missing_and_old_packages_are_installed() -> None:
    wanted = ["click>=8.1", "click>=999", "no-such-package-of-wattif"]
    with pytest.raises(WrongError) as caught:
        check_packages(wanted, "local")
    assert str(caught.value) == (
        f"click is {version('click')}, not >=999; no-such-package-of-wattif is not installed."
    )
    assert caught.value.command == "pip install --upgrade 'wattif-dagster[local]'"


def test_disk_of_a_folder_to_be_made_has_space(tmp_path: Path) -> None:
    assert "MiB are free in " in check_disk(tmp_path / "not" / "yet", 1, "WATTIF_HOME")


def test_full_disk_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(WrongError, match="1,099,511,627,776 MiB are needed") as caught:
        check_disk(tmp_path, 2**60, "WATTIF_HOME")
    assert caught.value.command == "export WATTIF_HOME=FOLDER_ON_ANOTHER_DISK"
