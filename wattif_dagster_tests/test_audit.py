"""`make audit` fails for a known vulnerability, and passes if the index has no vulnerabilities."""

import subprocess
import sys
from pathlib import Path

import pytest

from wattif_dagster_tests.support.project import ROOT

KNOWN = '{"dependencies": [{"name": "requests", "vulns": [{"id": "CVE-2018-18074"}]}]}'


def run_audit(folder: Path, answer: str) -> subprocess.CompletedProcess[str]:
    """Run the audit with a tool that answers this about a vulnerable release.

    The tool then finds something in the requirements.
    """
    tool = folder / "pip-audit"
    tool.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"print({answer!r} if 'json' in sys.argv else 'found in ' + sys.argv[-1])\n"
        "sys.exit(1)\n"
    )
    tool.chmod(0o755)
    script = [sys.executable, str(ROOT / ".ci/audit.py"), str(tool), "constraints.txt"]
    return subprocess.run(script, capture_output=True, text=True)


def test_known_vulnerability_fails(tmp_path: Path) -> None:
    done = run_audit(tmp_path, KNOWN)
    assert (done.returncode, done.stdout, done.stderr) == (1, "found in constraints.txt\n", "")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "not JSON",
        '{"dependencies": [{"name": "requests", "skip_reason": "Dependency not found"}]}',
        '{"dependencies": [{"name": "requests", "vulns": []}]}',
    ],
)
def test_index_without_vulnerabilities_is_named(tmp_path: Path, answer: str) -> None:
    done = run_audit(tmp_path, answer)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("audit: left out, the package index tells no vulnerability of")
