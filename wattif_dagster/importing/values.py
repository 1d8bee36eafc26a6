"""Values of files as numbers."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wattif_dagster.importing.rows import Reason

LARGEST = 1e9
"""A value beyond this is beyond 999,999 kW in every unit."""
NO_VALUES = ("", "null", "none", "nan", "na", "n/a", "#n/a", "-", "--", "\\n")
"""What files write where there is no value, in lower case."""

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
_WITH_COMMA = r"^[+-]?\d*,\d+$"
_WITH_POINT = r"^[+-]?\d*\.\d+$"


def parse_values(
    values: pa.Array, *, decimal_comma: bool
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Parse numbers, or dictionary-encoded texts.

    Returns them, and the code of a reason, or 0, for each.
    """
    if not isinstance(values, pa.DictionaryArray):
        return _check(pc.cast(values, pa.float64(), safe=False))
    numbers, reasons = _parse_texts(values.dictionary, decimal_comma)
    # A row without an index has no text: it takes the last place, which has no value.
    numbers, reasons = (
        np.append(numbers, np.nan),
        np.append(reasons, np.uint8(Reason.NO_VALUE.code)),
    )
    places = fill_indices(values, len(numbers) - 1)
    return numbers[places], reasons[places]


def uses_decimal_comma(values: pa.Array) -> bool:
    """Whether these texts have numbers with a decimal comma, and none with a point."""
    if not isinstance(values, pa.DictionaryArray):
        return False
    texts = _strip(values.dictionary)
    some = [pc.any(pc.match_substring_regex(texts, form)) for form in (_WITH_COMMA, _WITH_POINT)]
    return some[0].as_py() is True and not some[1].as_py()


def fill_indices(array: pa.DictionaryArray, missing: int) -> NDArray[np.int64]:
    """The indices of a dictionary array, with `missing` where a row has none."""
    return pc.fill_null(pc.cast(array.indices, pa.int64()), missing).to_numpy(zero_copy_only=False)


def _strip(texts: pa.Array) -> pa.Array:
    """The texts in UTF-8 without the white space around them; null where they are not UTF-8."""
    if not pa.types.is_binary(texts.type):
        return pc.utf8_trim_whitespace(texts.cast(pa.string()))
    try:
        return pc.utf8_trim_whitespace(texts.cast(pa.string()))
    except pa.ArrowInvalid:
        decoded = [_decode(text) for text in texts.to_pylist()]
        return pc.utf8_trim_whitespace(pa.array(decoded, pa.string()))


def _decode(text: bytes | None) -> str | None:
    return None if text is None else text.decode(errors="replace")


def _parse_texts(
    texts: pa.Array, decimal_comma: bool
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    stripped = pc.fill_null(_strip(texts), "")
    written = pc.replace_substring(stripped, ",", ".") if decimal_comma else stripped
    are_numbers = pc.match_substring_regex(written, _NUMBER)
    numbers, reasons = _check(pc.if_else(are_numbers, written, None).cast(pa.float64()))
    empty = pc.is_in(pc.utf8_lower(stripped), pa.array(NO_VALUES))
    reasons[pc.invert(pc.or_(are_numbers, empty)).to_numpy(zero_copy_only=False)] = (
        Reason.VALUE.code
    )
    return numbers, reasons


def _check(values: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
    reasons = np.zeros(len(numbers), np.uint8)
    reasons[~(np.abs(numbers) <= LARGEST)] = Reason.RANGE.code
    reasons[np.isnan(numbers)] = Reason.NO_VALUE.code
    return numbers, reasons
