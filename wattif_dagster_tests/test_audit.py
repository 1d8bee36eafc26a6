"""`make audit` fails where a vulnerability is known, and not where none can be looked up."""

import subprocess
import sys
from pathlib import Path

import pytest

from wattif_dagster_tests.support.project import ROOT

TELLS = '{"dependencies": [{"name": "requests", "vulns": [{"id": "CVE-2018-18074"}]}]}'


def audited(folder: Path, of_vulnerable: str) -> subprocess.CompletedProcess[str]:
    """With a tool that says this of a release that is known to be vulnerable, and finds something
    in the requirements it is then asked about."""
    tool = folder / "pip-audit"
    tool.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"print({of_vulnerable!r} if 'json' in sys.argv else 'found in ' + sys.argv[-1])\n"
        "sys.exit(1)\n"
    )
    tool.chmod(0o755)
    script = [sys.executable, str(ROOT / ".ci/audit.py"), str(tool), "constraints.txt"]
    return subprocess.run(script, capture_output=True, text=True)


def test_a_known_vulnerability_fails(tmp_path: Path) -> None:
    done = audited(tmp_path, TELLS)
    assert (done.returncode, done.stdout, done.stderr) == (1, "found in constraints.txt\n", "")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "not JSON",
        '{"dependencies": [{"name": "requests", "skip_reason": "Dependency not found"}]}',
        '{"dependencies": [{"name": "requests", "vulns": []}]}',
    ],
)
def test_an_index_that_tells_nothing_is_said(tmp_path: Path, said: str) -> None:
    done = audited(tmp_path, said)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("audit: left out, the package index tells no vulnerability of")
