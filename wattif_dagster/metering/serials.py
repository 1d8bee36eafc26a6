"""How a serial is written: MAC and 8 digits."""

import re

import numpy as np
from numpy.typing import NDArray

SERIAL_DIGITS = 8

_SERIAL = re.compile(r"MAC([0-9]{8})")

# ASCII of 0000 to 9999, each as one word; two of them make a serial's digits.
_FOUR_DIGITS = np.array([b"%04d" % number for number in range(10_000)]).view("<u4")


def serial_text(numbers: NDArray[np.integer]) -> list[str]:
    """The serials as text, e.g. 1 as MAC00000001."""
    return [f"MAC{number:08d}" for number in numbers.tolist()]


def serial_number(text: str) -> int:
    """The number of a serial, e.g. 1 of MAC00000001. Raises ValueError for anything else."""
    match = _SERIAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a serial; write it as MAC and 8 digits")
    return int(match[1])


def serial_digits(numbers: NDArray[np.integer]) -> NDArray[np.uint64]:
    """The serials' 8 ASCII digits, each serial as one little-endian word. Numbers below 10**8."""
    return _FOUR_DIGITS[np.stack(np.divmod(numbers, 10_000), axis=-1)].view("<u8")[..., 0]
