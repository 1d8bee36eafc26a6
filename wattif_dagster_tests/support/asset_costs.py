"""The tables of costs in docs/google-cloud.md, each below the command that prints it.

`python -m wattif_dagster_tests.support.asset_costs` writes them again.
"""

import re
import shlex
import subprocess
import sys
from tempfile import TemporaryDirectory

from wattif_dagster_tests.support.project import ROOT

DOCUMENT = ROOT / "docs/google-cloud.md"
TABLE = re.compile(r"```\n(wattif plan --by-asset [^\n]*)\n```\n\n```text\n(.*?)```", re.DOTALL)


def print_table(command: str) -> str:
    """Print the table by the command, with no other settings than its own."""
    _, *words = shlex.split(command)
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "wattif_dagster", *words],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "WATTIF_HOME": folder},
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def renew(text: str) -> str:
    """Make the document's text with its tables as they are printed now."""
    return TABLE.sub(
        lambda found: f"```\n{found[1]}\n```\n\n```text\n{print_table(found[1])}```", text
    )


if __name__ == "__main__":
    DOCUMENT.write_text(renew(DOCUMENT.read_text()))
