"""The spool: its budget, its files, and what other processes left there."""

import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.spool import ROOT, StoppedError, open_spool
from wattif_dagster_tests.support.landing import count_bytes_below

SOMEBODY = 1000


def spools(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_spool_writes_and_releases_a_file(tmp_path: Path) -> None:
    with open_spool(tmp_path, 100) as spool:
        spool.reserve(60)
        path = spool.write(memoryview(b"x" * 60))
        assert path.read_bytes() == b"x" * 60
        assert path.is_relative_to(tmp_path)
        spool.release(path, 60)
        assert not path.exists()
        assert (spool.used, spool.high_water) == (0, 60)


def test_writer_waits_while_the_budget_is_spent(tmp_path: Path) -> None:
    with open_spool(tmp_path, 100) as spool, ThreadPoolExecutor(1) as pool:
        spool.reserve(60)
        waiting = pool.submit(spool.reserve, 50)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.1)
        spool.release(tmp_path / "written", 60)
        waiting.result(timeout=10)
        assert (spool.used, spool.high_water) == (50, 60)


@given(sizes=st.lists(st.integers(0, 100), max_size=40), writers=st.integers(1, 4))
def test_spool_never_holds_more_than_its_budget(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], writers: int
) -> None:
    with open_spool(tmp_path_factory.getbasetemp() / "budget", 100) as spool:

        def pass_through(index: int) -> None:
            spool.reserve(sizes[index])
            path = spool.write(b"x" * sizes[index])
            assert count_bytes_below(spool.folder) <= 100
            spool.release(path, sizes[index])

        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(pass_through, range(len(sizes))))
        assert spool.used == 0
        assert spool.high_water <= 100


def test_object_above_the_budget_is_refused(tmp_path: Path) -> None:
    sentence = "101 bytes does not fit into a spool of 100 bytes\\. Lower WATTIF_INGEST__METERS"
    with open_spool(tmp_path, 100) as spool, pytest.raises(UserError, match=sentence):
        spool.reserve(101)


def test_stop_wakes_waiting_writers(tmp_path: Path) -> None:
    with open_spool(tmp_path, 10) as spool, ThreadPoolExecutor(2) as pool:
        spool.reserve(10)
        waiting = [pool.submit(spool.reserve, 1) for _ in range(2)]
        spool.stop()
        assert all(isinstance(future.exception(timeout=10), StoppedError) for future in waiting)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_spool_is_removed_after_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with open_spool(tmp_path, 10) as spool:
            spool.write(b"x")
            raise error

    with pytest.raises(error):
        fail()
    assert spools(tmp_path) == []


def test_spools_share_a_directory(tmp_path: Path) -> None:
    with open_spool(tmp_path, 10) as one, open_spool(tmp_path, 10) as other:
        path = one.write(b"1")
        other.write(b"2")
        assert path.read_bytes() == b"1"
    assert spools(tmp_path) == []


def test_only_spools_of_ended_processes_are_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with open_spool(tmp_path, 10) as spool:
        own = spool.folder.name
    assert str(os.getpid()) in own
    dead = own.replace(str(os.getpid()), str(ended.pid))
    living = own.replace(str(os.getpid()), str(os.getppid()))
    elsewhere = dead.replace("spool-", "spool-other-")
    for name in (dead, living, elsewhere, "spool-notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(b"x")
    with open_spool(tmp_path, 10):
        pass
    assert spools(tmp_path) == sorted([living, elsewhere, "spool-notes"])


@pytest.mark.parametrize("inside", [False, True])
def test_unusable_directory_is_refused(tmp_path: Path, inside: bool) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    directory = file / "spool" if inside else file
    sentence = "The spool directory .*file.* cannot be used .* Set WATTIF_INGEST__SPOOL_DIR"
    with pytest.raises(UserError, match=sentence), open_spool(directory, 10):
        pass


def link_of(user: int, link: Path, target: Path) -> None:
    """A link as that user would make it; the tests may be root's."""
    target.mkdir()
    link.symlink_to(target)
    if os.geteuid() == ROOT:
        os.lchown(link, user, -1)


@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
@pytest.mark.parametrize("directory", ["a/../b", "..", "link", "link/spool", "link/not/there/yet"])
def test_directory_that_leads_elsewhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directory: str, relative: bool
) -> None:
    link_of(SOMEBODY, tmp_path / "link", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    sentence = "leads elsewhere, by '..' or a symbolic link. Set WATTIF_INGEST__SPOOL_DIR"
    path = Path(directory) if relative else tmp_path / directory
    with pytest.raises(UserError, match=sentence), open_spool(path, 10):
        pass
    assert spools(tmp_path / "elsewhere") == []


@pytest.mark.skipif(os.geteuid() != ROOT, reason="only root makes links of root's")
def test_path_may_go_through_a_link_of_root(tmp_path: Path) -> None:
    """As /tmp on macOS."""
    link_of(ROOT, tmp_path / "link", tmp_path / "private")
    with open_spool(tmp_path / "link" / "spool", 10) as spool:
        assert spool.write(b"1").exists()
    assert spools(tmp_path / "private" / "spool") == []
    with pytest.raises(UserError, match="leads elsewhere"), open_spool(tmp_path / "link", 10):
        pass


def test_working_directory_may_be_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path goes on from where the process is, not from how it came there."""
    link_of(SOMEBODY, tmp_path / "link", tmp_path / "real")
    monkeypatch.chdir(tmp_path / "link")
    with open_spool(Path("not/there/yet"), 10):
        assert len(spools(tmp_path / "real/not/there/yet")) == 1


def test_link_among_abandoned_spools_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    with open_spool(tmp_path / "spool", 10) as spool:
        own = spool.folder.name
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = own.replace(str(os.getpid()), str(ended.pid))
    (tmp_path / "spool" / dead).symlink_to(tmp_path / "precious")
    with open_spool(tmp_path / "spool", 10):
        pass
    assert (tmp_path / "precious" / "file").exists()


def test_names_of_released_files_are_used_again(tmp_path: Path) -> None:
    with open_spool(tmp_path, 10) as spool:
        files = {spool.write(content): content for content in (b"a", b"b", b"c")}
        assert {path: path.read_bytes() for path in files} == files
        released = next(iter(files))
        spool.release(released, 0)
        assert spool.write(b"d") == released
        assert spool.write(b"e") not in files


def test_failed_write_is_reported_and_removed(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: the write ends half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_spool(tmp_path, 10_000) as spool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            with pytest.raises(UserError, match=r"cannot be written .*Free some space"):
                spool.write(b"x" * 5000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert list(spool.folder.iterdir()) == []


def test_release_wakes_every_waiting_writer(tmp_path: Path) -> None:
    """A release must not wake only a writer that needs more bytes."""
    with open_spool(tmp_path, 10) as spool, ThreadPoolExecutor(3) as pool:
        spool.reserve(10)
        large, small = pool.submit(spool.reserve, 9), pool.submit(spool.reserve, 2)
        with pytest.raises(TimeoutError):
            large.result(timeout=0.05)
        spool.release(tmp_path / "none", 2)
        small.result(timeout=10)
        spool.release(tmp_path / "none", 10)
        large.result(timeout=10)
