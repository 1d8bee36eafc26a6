"""What a file's reader yields: batches of rows, and rows that are none."""

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class Reason(Enum):
    """Why a row is rejected."""

    COLUMNS = "The row has more or fewer columns than the first one, or a quote without its end."
    SERIAL = "The serial is empty, longer than 64 characters, or has control characters."
    TIME = "The timestamp is not a time."
    SKIPPED_HOUR = "The local time does not exist, because the clock is put forward then."
    REPEATED_HOUR = "The local time happens twice that night, and the file does not say which."
    NO_VALUE = "There is no value."
    VALUE = "The value is not a number."
    RANGE = "The value is beyond 999,999 kW."
    OFF_INTERVAL = "The timestamp lies between two intervals."
    OTHER_INTERVAL = "The meter's readings have another interval."
    CHANNEL = "The channel does not measure consumption in kWh."
    FIRST_REGISTER = "It is the meter's first register value, so there is nothing to subtract."
    REGISTER_GAP = "The register value before is not one interval older."
    REGISTER_BACK = "The register counts back: the meter was replaced, or the value is wrong."

    @property
    def code(self) -> int:
        """A number above 0, for arrays; 0 stands for no reason."""
        return _REASONS.index(self) + 1

    @property
    def key(self) -> str:
        """The reason in reports, e.g. no_value."""
        return self.name.lower()


_REASONS = list(Reason)


def find_reason(code: int) -> Reason:
    """The reason of a code above 0."""
    return _REASONS[code - 1]


@dataclass(frozen=True)
class BadRow:
    """A row that is rejected before its texts are looked at. `row` is its number in the file."""

    row: int
    reason: Reason
    text: str


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of a file.

    `serials` and `times` are dictionary arrays, of texts in UTF-8 or, for times, of timestamps.
    `values` are texts as a dictionary array, or numbers. `rows` are the numbers of the rows in the
    file, which begin with 1 and count no empty lines.
    """

    serials: pa.DictionaryArray
    times: pa.DictionaryArray
    values: pa.Array
    rows: NDArray[np.int64]
    bad: list[BadRow] = field(default_factory=list)


def encode(array: pa.Array | pa.ChunkedArray) -> pa.DictionaryArray:
    """Encode an array as one dictionary array."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
