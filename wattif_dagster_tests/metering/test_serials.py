import numpy as np
import pytest
from hypothesis import given

from wattif_dagster.metering.serials import serial_digits, serial_number, serial_text
from wattif_dagster_tests.support.strategies import serial_arrays, serial_numbers


def test_serial_text_pads_to_8_digits():
    assert serial_text(np.array([1, 30_999_999])) == ["MAC00000001", "MAC30999999"]


@given(serial_numbers)
def test_serial_number_reads_what_serial_text_writes(number):
    (text,) = serial_text(np.array([number]))
    assert serial_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "MAC1", "mac00000001", "MAC000000011", "MAC0000000a", "MAC" + 8 * "\u0660"]
)
def test_serial_number_refuses_anything_else(text):
    with pytest.raises(ValueError, match="is not a serial"):
        serial_number(text)


@given(serial_arrays())
def test_serial_digits_are_those_of_the_text(numbers):
    digits = serial_digits(numbers).tobytes().decode()
    assert [f"MAC{digits[at : at + 8]}" for at in range(0, len(digits), 8)] == serial_text(numbers)
