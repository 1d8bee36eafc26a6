"""`.env` is read as UTF-8; a file that cannot be read is refused in a sentence that names it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.settings import (
    list_variables,
    load_or_refuse,
    read_env_file,
    refuse,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("data", "byte", "value"),
    [
        ("WATTIF_BUCKET=bär\n".encode("latin-1"), 15, "0xe4"),
        ("WATTIF_BUCKET=some-bucket\n".encode("utf-16"), 0, "0xf"),
    ],
    ids=["latin-1", "utf-16"],
)
def test_other_encoding_is_refused_by_its_byte(
    file: Path, data: bytes, byte: int, value: str
) -> None:
    file.write_bytes(data)
    with read_env_file(file):
        refusal = refuse()
    assert refusal.startswith(f"{file} is not UTF-8 text: byte {byte} is {value}")
    assert refusal.endswith(". Save it as UTF-8.")


def test_byte_order_mark_is_skipped(file: Path) -> None:
    file.write_bytes("\ufeffWATTIF_BUCKET=some-bucket\n".encode())
    with read_env_file(file):
        assert Settings.load().bucket == "some-bucket"


def test_missing_file_is_no_error(file: Path) -> None:
    with read_env_file(file):
        assert load_or_refuse() == Settings.load()


def make_folder(file: Path) -> None:
    file.mkdir()


def make_dangling_link(file: Path) -> None:
    file.symlink_to("nowhere")


def make_link_to_itself(file: Path) -> None:
    file.symlink_to(file)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_folder, "Is a directory"),
        (make_dangling_link, "No such file or directory"),
        (make_link_to_itself, "Too many levels of symbolic links"),
    ],
)
def test_unusable_file_is_refused(file: Path, make, reason: str) -> None:
    make(file)
    with read_env_file(file):
        assert refuse() == (
            f"{file} cannot be read ({reason}). Make it a readable file, or remove it."
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file_is_refused(file: Path) -> None:
    file.write_text("WATTIF_BUCKET=some-bucket\n")
    file.chmod(0)
    with read_env_file(file):
        assert refuse() == (
            f"{file} cannot be read (Permission denied). Make it a readable file, or remove it."
        )


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("WATTIF_SIMULATION__METERS: 5", "WATTIF_SIMULATION__METERS"),
        ("WATTIF_SIMULATION__METERS 5", "WATTIF_SIMULATION__METERS"),
        ("export WATTIF_BUCKET", "WATTIF_BUCKET"),
        ('WATTIF_BUCKET="no end', "WATTIF_BUCKET"),
        ("WATTIF_ALERTS__NOTIFY_URLS: slack://secret", "WATTIF_ALERTS__NOTIFY_URLS"),
    ],
)
def test_line_that_sets_nothing_is_refused(file: Path, line: str, variable: str) -> None:
    """The line's value is not shown, because it may be a secret."""
    file.write_text(f"# The next line is wrong.\n\nOTHER=1\n\n{line}\nWATTIF_HOME=x\n")
    with read_env_file(file):
        assert refuse() == (
            f"Line 5 of {file} does not set {variable}. Write it as {variable}=value."
        )


@pytest.mark.parametrize(
    "line", ["# WATTIF_METERS: 5", "OTHER: WATTIF_METERS", "OTHER=WATTIF_METERS", "OTHER"]
)
def test_lines_of_other_tools_are_ignored(file: Path, line: str) -> None:
    file.write_text(f"{line}\nWATTIF_BUCKET=some-bucket\n")
    with read_env_file(file):
        assert Settings.load().bucket == "some-bucket"


def test_variables_in_values_are_expanded(file: Path) -> None:
    file.write_text('WHO=["a"]\nWATTIF_SCAN__RECIPIENTS=${WHO}\n')
    with read_env_file(file):
        assert Settings.load().scan.recipients == ["a"]


LINES = st.lists(
    st.text(max_size=20)
    | st.builds(
        "{}{}{}".format,
        st.sampled_from([*list_variables(), "WATTIF_METERS", "export WATTIF_BUCKET"]),
        st.sampled_from(["=", ": ", " = ", "", "='", '="', "=${", "=$("]),
        st.text(max_size=10),
    ),
    max_size=4,
)


@given(text=LINES.map("\n".join))
def test_any_text_is_accepted_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.env"
    file.write_bytes(text.encode("utf-8", "replace"))
    with read_env_file(file):
        assert load_or_refuse() != ""


@given(data=st.binary(max_size=50))
def test_any_bytes_are_accepted_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.env"
    file.write_bytes(b"WATTIF_BUCKET=" + data)
    with read_env_file(file):
        assert load_or_refuse() != ""
