"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from wattif_dagster.cli.main import COMMANDS
from wattif_dagster_tests.support.settings import list_variables

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("deploy/*/README.md")),
]
ALL_TESTS = "".join(path.read_text() for path in ROOT.glob("wattif_dagster_tests/**/test_*.py"))


def test_every_setting_is_documented_and_no_other():
    documented = re.findall(r"^\| `(WATTIF_\w+)`", (ROOT / "docs/settings.md").read_text(), re.M)
    assert sorted(documented) == sorted(list_variables())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_commands_and_variables_exist(document: Path):
    text = document.read_text()
    for test in re.findall(r"`(test_[a-z_0-9]+)`", text):
        assert f"def {test}(" in ALL_TESTS, test
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (document.parent / link).exists(), link
    for command in re.findall(r"^wattif (\w+)", text, re.M):
        assert command in COMMANDS, command
    for target in re.findall(r"`make ([a-z-]+)`", text):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M), target
    for variable in re.findall(r"\bWATTIF_[A-Z_]+[A-Z]", text):
        assert variable in {*list_variables(), "WATTIF_TEST_GCP_PROJECT"}, variable
