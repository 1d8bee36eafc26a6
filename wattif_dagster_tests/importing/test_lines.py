"""Lines parse to exactly the readings they are of."""

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.importing.lines import HIGHEST_KW, MW_PER_KW, Lines

MOST = HIGHEST_KW * MW_PER_KW
DAY = 19_723  # 2024-01-01
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)


@given(
    serials=st.lists(TEXTS, min_size=1, max_size=4),
    readings=st.lists(st.integers(-30 * MW_PER_KW, 30 * MW_PER_KW), min_size=1, max_size=8),
    finest=st.sampled_from([1, 10, 100, 1000]),
    second=st.integers(0, 86_399),
)
def test_line_has_serial_time_and_reading(
    serials: list[str], readings: list[int], finest: int, second: int
) -> None:
    mw = np.array(readings) * finest // finest * finest
    lines = Lines(serials, int(mw.min()), int(mw.max()), finest)
    meters = np.arange(len(mw)) % len(serials)
    data = bytes(lines.render(DAY, meters, np.full(len(mw), second), mw))
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    rows = [orjson.loads(line) for line in data.split(b"\n")[:-1]]
    assert rows == [
        {
            "serial": serials[meter],
            "timestamp": f"2024-01-01T{clock}Z",
            "reading": value / MW_PER_KW,
        }
        for meter, value in zip(meters.tolist(), mw.tolist(), strict=True)
    ]
    assert len(data) == len(mw) * lines.bytes_per_row


@pytest.mark.parametrize(("finest", "text"), [(1000, b"0.500"), (100, b"0.5000"), (1, b"0.500000")])
def test_reading_has_the_decimals_it_needs(finest: int, text: bytes) -> None:
    data = bytes(
        Lines(["A"], 0, MOST, finest).render(DAY, *(np.array([n]) for n in (0, 0, 500_000)))
    )
    assert data.rstrip(b"}\n").endswith(b" " + text)


def test_largest_readings_of_both_signs_are_written() -> None:
    lines = Lines(["A"], -MOST, MOST, 1)
    at = np.zeros(3, np.int64)
    rows = bytes(lines.render(DAY, at, at, np.array([-MOST, -1, MOST]))).splitlines()
    assert [orjson.loads(row)["reading"] for row in rows] == [-999_999, -1e-6, 999_999]
