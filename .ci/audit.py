"""Audit pinned packages for known vulnerabilities; say so where they cannot be looked up.

`audit.py PIP_AUDIT REQUIREMENTS`. A mirror of the package index may tell of no vulnerability, and
pip-audit then finds none in anything. So it is first asked about a release that has some.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

VULNERABLE = "requests==2.19.1"
"""CVE-2018-18074."""


def audit(pip_audit: str, requirements: str) -> int:
    """The exit code: that of pip-audit, or 0 where it cannot tell."""
    command = [pip_audit, "--strict", "--no-deps", "--disable-pip", "--requirement"]
    if not _tells_vulnerabilities(command):
        print(f"audit: left out, the package index tells no vulnerability of {VULNERABLE}")
        return 0
    return subprocess.call([*command, requirements])


def _tells_vulnerabilities(command: list[str]) -> bool:
    with TemporaryDirectory() as folder:
        asked = Path(folder, "requirements.txt")
        asked.write_text(VULNERABLE)
        said = subprocess.run([*command, str(asked), "--format", "json"], capture_output=True)
    try:
        return any(package.get("vulns") for package in json.loads(said.stdout)["dependencies"])
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(audit(*sys.argv[1:]))
