"""The notebook as Google Colab runs it: WattIf is not installed, numpy is, and a user logs in."""

import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

from wattif_dagster_tests.support.notebook import assert_found, execute, find_cell, read_notebook
from wattif_dagster_tests.support.project import ROOT

PACKAGE_FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
NUMPY = "numpy==2.1.3"
"""What Colab has loaded; its list of packages is in github.com/googlecolab/backend-info."""
NO_INDEX = re.compile(r"No matching distribution|Connection|Temporary failure|timed out", re.I)
AUTH = """
from pathlib import Path


def authenticate_user(clear_output=True, project_id=None):
    with Path(__file__).with_name("logins").open("a") as logins:
        logins.write(f"{project_id}\\n")
"""


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for the module google.colab; returns the file of the logins."""
    folder = tmp_path / "colab"
    module = folder / "google" / "colab"
    module.mkdir(parents=True)
    (module / "auth.py").write_text(AUTH)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return module / "logins"


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Python of an environment that has what Colab's has before the notebook runs."""
    monkeypatch.setenv("PIP_NO_COMPILE", "1")  # most of what is installed is never imported
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    installed = pip(python, "install", "ipykernel", NUMPY)
    if installed.returncode and NO_INDEX.search(installed.stderr):
        pytest.skip("needs a package index that pip can reach")
    assert installed.returncode == 0, installed.stderr
    return python


def pip(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def make_wheel(python: Path, folder: Path) -> None:
    """Make WattIf's wheel in the folder, from a copy of the sources: a build writes beside them."""
    source = folder / "source"
    shutil.copytree(ROOT / "wattif_dagster", source / "wattif_dagster")
    for name in PACKAGE_FILES:
        shutil.copy(ROOT / name, source)
    made = pip(python, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    assert made.returncode == 0, made.stderr


def make_kernel(python: Path, folder: Path) -> None:
    """Make the kernel `python3` of Jupyter's search path in the folder, run by this Python."""
    launch = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": launch, "display_name": "Colab", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))


@pytest.mark.slow
def test_colab_installs_wattif_and_runs_all(
    python: Path, colab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make_wheel(python, tmp_path)
    make_kernel(python, tmp_path / "jupyter")
    pins = (ROOT / "constraints.txt").read_text().splitlines(keepends=True)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("".join(pin for pin in pins if not pin.startswith("numpy==")))
    monkeypatch.setenv("PIP_CONSTRAINT", str(constraints))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("WATTIF_HOME", str(tmp_path / "home"))

    assert_found(execute(read_notebook(), tmp_path, monkeypatch))

    there = pip(python, "freeze").stdout.splitlines()
    assert NUMPY in there
    assert any(line.startswith("wattif-dagster @ file://") for line in there)
    assert not colab.exists()  # the local cloud needs no login


@pytest.mark.parametrize(("target", "logins"), [("gcp", ["my-project"]), ("local", [])])
def test_colab_asks_for_a_login_on_google_cloud(colab: Path, target: str, logins: list[str]):
    source = find_cell(read_notebook(), "account").source
    given = f"""
from importlib.util import find_spec
from types import SimpleNamespace

settings = SimpleNamespace(target={target!r}, project="my-project")
"""
    subprocess.run([sys.executable, "-c", given + source], check=True)
    assert (colab.read_text().split() if colab.exists() else []) == logins


def test_elsewhere_nobody_is_asked_for_a_login():
    names = {"find_spec": lambda _name: None, "settings": SimpleNamespace(target="gcp")}
    exec(find_cell(read_notebook(), "account").source, names)


def test_missing_wheel_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    source = re.sub(r"^\s*%pip.*$", "", find_cell(read_notebook(), "install").source, flags=re.M)
    source = source.replace('find_spec("wattif_dagster")', "None")
    with pytest.raises(RuntimeError, match=r"Upload its wheel, or set REPOSITORY\."):
        exec(source, {})
