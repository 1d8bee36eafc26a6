"""`make googlesql` installs the analyzer once and whole, and says where it cannot be had."""

import platform
from pathlib import Path

import pytest

from wattif_dagster_tests.googlesql import install
from wattif_dagster_tests.googlesql.install import UnavailableError, find_folder


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm, which says that it has no network, on the supported platform."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    file = tmp_path / "bin" / "npm"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\necho started >> calls\necho 'npm error network' >&2\nexit 1\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(file.parent), prepend=":")
    return file


@pytest.mark.usefixtures("npm")
def test_installed_analyzer_is_left_as_it_is(tmp_path: Path) -> None:
    find_folder(tmp_path).mkdir()
    install.install(tmp_path)
    assert not list(find_folder(tmp_path).iterdir())


@pytest.mark.usefixtures("npm")
def test_without_network_nothing_is_installed(tmp_path: Path) -> None:
    for _ in range(2):  # the second time over what the first left behind
        with pytest.raises(UnavailableError, match=r"`.*npm pack .*` failed: npm error network"):
            install.install(tmp_path)
    assert not find_folder(tmp_path).exists()
    assert (tmp_path / "unfinished" / "calls").read_text() == "started\n"


def test_other_content_than_the_pinned_is_refused(tmp_path: Path, npm: Path) -> None:
    npm.write_text("#!/bin/sh\necho other > package.tgz\n")
    with pytest.raises(SystemExit, match="another content than the pinned one"):
        install.install(tmp_path)
    assert not find_folder(tmp_path).exists()


def test_other_platform_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UnavailableError, match="Linux on x86-64 alone"):
        install.install(tmp_path)


@pytest.mark.usefixtures("npm")
def test_what_is_left_out_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install.main(tmp_path)
    said = capsys.readouterr()
    assert said.out.startswith("googlesql: left out, `")
    assert (said.out.count("\n"), said.err) == (1, "")
