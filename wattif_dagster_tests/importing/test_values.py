"""Values as files write them become numbers, or have a reason."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.importing.rows import Reason, find_reason
from wattif_dagster.importing.values import LARGEST, parse_values, uses_decimal_comma


def parse(text: str | bytes | None, *, comma: bool = False) -> float | Reason:
    kind = pa.binary() if isinstance(text, bytes) else pa.string()
    values = pa.array([text], kind).dictionary_encode()
    numbers, reasons = parse_values(values, decimal_comma=comma)
    return find_reason(int(reasons[0])) if reasons[0] else float(numbers[0])


@pytest.mark.parametrize("text", [None, "", "  ", "Null", "NaN", "n/a", "-", "NA", b"null"])
def test_what_stands_for_no_value_is_told(text: str | bytes | None) -> None:
    assert parse(text) is Reason.NO_VALUE


@pytest.mark.parametrize(
    "text", ["x", "1,5", "1.2.3", "0x10", "1_000", "\u0661", "inf", "1e", b"\xff1"]
)
def test_what_is_no_number_is_rejected(text: str | bytes) -> None:
    assert parse(text) is Reason.VALUE


@pytest.mark.parametrize("text", ["1e300", "-1000000001"])
def test_number_beyond_all_meters_is_rejected(text: str) -> None:
    assert parse(text) is Reason.RANGE


def test_decimal_comma_is_read_where_it_is_used() -> None:
    assert parse(" -0,25 ", comma=True) == -0.25
    assert parse("1.5", comma=True) == 1.5
    assert uses_decimal_comma(pa.array(["0,5", "1", "Null"]).dictionary_encode())
    assert not uses_decimal_comma(pa.array(["0,5", "1.5"]).dictionary_encode())
    assert not uses_decimal_comma(pa.array([1.5]))


@given(number=st.floats(-LARGEST, LARGEST))
def test_written_number_comes_back(number: float) -> None:
    assert parse(repr(number)) == number
    assert parse(f" {number:.3f} ") == float(f"{number:.3f}")


@given(text=st.text() | st.binary(), comma=st.booleans())
def test_any_text_is_a_number_or_has_a_reason(text: str | bytes, comma: bool) -> None:
    found = parse(text, comma=comma)
    assert found in (Reason.NO_VALUE, Reason.VALUE, Reason.RANGE) or math.isfinite(found)  # type: ignore[arg-type]


def test_numbers_of_parquet_are_checked_too() -> None:
    numbers, reasons = parse_values(pa.array([1.5, None, math.nan, math.inf]), decimal_comma=False)
    assert numbers[0] == 1.5
    reason = Reason.NO_VALUE.code
    np.testing.assert_array_equal(reasons, [0, reason, reason, Reason.RANGE.code])


def test_decimals_of_parquet_are_numbers() -> None:
    values = pa.array(["1.25"]).cast(pa.decimal128(10, 2))
    assert parse_values(values, decimal_comma=False)[0].tolist() == [1.25]
