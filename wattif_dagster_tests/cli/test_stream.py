"""wattif stream, as users have it."""

import signal

import pytest

from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run, Start
from wattif_dagster_tests.support.runs import make_resources

FAST = ("--start", "2024-01-01", "--speed", "86400", "--every", "1h")


def test_stream_ends_by_itself_and_says_what_is_complete(wattif: Run, settings: Settings):
    make_resources(settings)
    done = wattif("stream", *FAST, "--for", "6s")
    assert done.returncode == 0, done.stderr
    assert "2024-01-01 is complete: 24 objects, 480 rows," in done.stdout
    assert "The stream ended after 6 s, within 2024-01-" in done.stdout
    assert "objects  lag " in done.stderr


def test_ctrl_c_ends_the_stream_and_says_how_to_go_on(start_wattif: Start, settings: Settings):
    make_resources(settings)
    process = start_wattif("stream", "--start", "2024-01-01", "--every", "1h", "--speed", "7200")
    assert process.stderr is not None
    assert "objects" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command continues from here." in errors
    assert "Traceback" not in errors
    assert list((settings.home / "spool").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--speed", "9"), "A faster clock needs its start: add --start DAY."),
        (("--every", "7m"), "--every 420s does not fit"),
        (("--start", "2023-12-31"), "2023-12-31 is before the fleet's first day"),
    ],
)
def test_wrong_words_are_one_sentence(
    wattif: Run, settings: Settings, words: tuple[str, ...], sentence: str
):
    make_resources(settings)
    done = wattif("stream", *words)
    assert done.returncode == 1
    assert done.stderr.startswith("wattif: ")
    assert sentence in done.stderr
