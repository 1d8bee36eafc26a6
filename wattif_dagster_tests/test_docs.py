"""The documents name only what exists: files, commands, options, targets, variables and tests."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from wattif_dagster.cli.commands import wattif
from wattif_dagster.settings.variables import TEST_VARIABLES
from wattif_dagster_tests.support import asset_costs, reference
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.settings import list_variables

DOCUMENTS = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("deploy/*/README.md")),
]
TEST_FILES = [*ROOT.glob("wattif_dagster_tests/**/test_*.py")]
COMMAND = re.compile(
    r"^(?:\w+=\S+ )*(wattif [a-z].*?)(?: +#.*)?$|`(wattif [a-z][^`]*)`", re.MULTILINE
)


def find_all(pattern: str | re.Pattern[str]) -> Iterator[tuple[Path, str]]:
    """Each document and what the pattern finds in it. Fails when no document has any."""
    found = 0
    for document in DOCUMENTS:
        for match in re.finditer(pattern, document.read_text()):
            found += 1
            yield document, next(filter(None, match.groups()))
    assert found, f"no document has {pattern}"


def test_every_setting_is_documented_and_no_other():
    documented = re.findall(r"^\| `(WATTIF_\w+)`", (ROOT / "docs/settings.md").read_text(), re.M)
    assert sorted(documented) == sorted(list_variables())


def test_links_lead_to_files():
    links = find_all(r"\]\((?!http)([^)#]+)\)")
    assert [link for document, link in links if not (document.parent / link).exists()] == []


def test_named_files_exist():
    """Paths with a folder, from the root of the repository."""
    files = find_all(r"`((?:wattif_dagster|wattif_dagster_tests|deploy|docs|benchmarks)/[\w./]*)`")
    assert [name for _, name in files if not (ROOT / name).exists()] == []


def test_named_tests_exist():
    defined = set(re.findall(r"def (test_\w+)\(", "".join(f.read_text() for f in TEST_FILES)))
    defined |= {file.stem for file in TEST_FILES}
    assert [name for _, name in find_all(r"`(test_\w+)`") if name not in defined] == []


@pytest.mark.parametrize("line", sorted({line for _, line in find_all(COMMAND)}))
def test_commands_and_their_options_exist(line: str):
    name, *words = shlex.split(re.split(r"[;|&]", line)[0].replace("[", " ").replace("]", " "))[1:]
    command = wattif.get_command(click.Context(wattif), name)
    assert command, f"there is no command {name}"
    options = {option for param in command.params for option in param.opts}
    named = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert named <= options | {"--help"}


def test_make_targets_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = find_all(r"`make ([a-z-]+)|^make ([a-z-]+)")
    assert [target for _, target in named if target not in targets] == []


def test_variables_exist():
    known = {*list_variables(), *TEST_VARIABLES}
    groups = {name.rpartition("__")[0] for name in known if "__" in name}
    named = find_all(r"\b(WATTIF_[A-Z_]+[A-Z])")
    assert [name for _, name in named if name not in known | groups] == []


@pytest.mark.parametrize(
    ("command", "table"), asset_costs.TABLE.findall(asset_costs.DOCUMENT.read_text())
)
def test_tables_of_costs_are_what_their_command_prints(command: str, table: str):
    assert asset_costs.print_table(command) == table, (
        "run `python -m wattif_dagster_tests.support.asset_costs`"
    )


def test_costs_of_two_fleets_are_documented():
    assert len(asset_costs.TABLE.findall(asset_costs.DOCUMENT.read_text())) == 2


@pytest.mark.parametrize("name", reference.PAGES)
def test_reference_is_written_from_the_code(name: str):
    assert (reference.FOLDER / name).read_text("utf-8") == reference.PAGES[name](), (
        "run `python -m wattif_dagster_tests.support.reference`"
    )


def test_site_is_built_without_warnings(tmp_path: Path):
    words = ["build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", *words],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    assert (tmp_path / "site/index.html").stat().st_size > 10_000
