import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.metering.state import StateError, pack, unpack

STATE = pack(
    {"day": "2024-01-01", "issued": 3},
    {"numbers": np.arange(300, dtype=np.uint32), "none": np.empty(0, np.int32)},
)


def test_what_was_packed_is_unpacked():
    facts, arrays = unpack(STATE)
    assert facts == {"day": "2024-01-01", "issued": 3}
    np.testing.assert_array_equal(arrays["numbers"], np.arange(300, dtype=np.uint32))
    assert arrays["none"].size == 0
    assert arrays["numbers"].dtype == np.uint32


@given(st.integers(0, 8 * len(STATE) - 1))
def test_one_wrong_bit_is_refused(bit):
    damaged = bytearray(STATE)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StateError, match=r"damaged|not the state of a fleet"):
        unpack(bytes(damaged))


@given(st.integers(0, len(STATE) - 1))
def test_a_state_cut_short_is_refused(length):
    with pytest.raises(StateError, match=r"damaged|not the state of a fleet"):
        unpack(STATE[:length])


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data):
    with pytest.raises(StateError, match="not the state of a fleet"):
        unpack(data)
    with pytest.raises(StateError, match="damaged"):
        unpack(STATE + b"more" + data)
