"""The command starts at once: `--help` imports neither Dagster nor a Google client."""

import subprocess
import sys

import pytest

from wattif_dagster.cli.commands import wattif

HEAVY = {"dagster", "google", "numpy", "orjson", "pydantic", "rich", "matplotlib"}
PROGRAM = """
import sys
from wattif_dagster.cli.main import main
sys.argv = ["wattif", *sys.argv[1:]]
try:
    main()
finally:
    print("loaded", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in wattif.commands)])
def test_help_imports_nothing_heavy(words: list[str]):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: ")
    loaded = done.stderr.split()
    assert loaded[0] == "loaded"
    assert "click" in loaded
    assert HEAVY.isdisjoint(loaded)


def test_short_help_of_every_command_is_whole():
    done = subprocess.run(
        [sys.executable, "-m", "wattif_dagster", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "80"},
    )
    listed = done.stdout.partition("Commands:")[2].strip().splitlines()
    assert len(listed) == len(wattif.commands)
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_version_is_that_of_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "wattif_dagster", "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.split()[-1][0].isdigit()
