"""A serial is any text of up to 64 characters without control characters."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.importing.serials import parse_serial


@pytest.mark.parametrize("text", ["MAC000002", "$a_$", "O'Brien", '"@job"', "Zähler 1", "x" * 64])
def test_text_is_a_serial(text: str) -> None:
    assert parse_serial(f" {text}\t") == text
    assert parse_serial(text.encode()) == text


@pytest.mark.parametrize(
    "text", [None, "", " ", "x" * 65, "a\x00b", "a\nb", "\ud800", b"\xff", "a\u2028b", "a\ufffd"]
)
def test_what_is_no_serial_is_refused(text: str | bytes | None) -> None:
    assert parse_serial(text) is None


@given(text=st.text() | st.binary())
def test_serial_is_safe_wherever_it_goes(text: str | bytes) -> None:
    serial = parse_serial(text)
    if serial is not None:
        assert 0 < len(serial) <= 64
        assert orjson.loads(orjson.dumps(serial)) == serial
        assert len(serial.splitlines()) == 1
