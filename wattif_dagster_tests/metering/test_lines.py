from datetime import UTC, date, datetime, timedelta

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster.metering.lines import READING_LIMIT, DayLines
from wattif_dagster_tests.support.strategies import days, intervals, serial_numbers

# A table of all readings is made for each pair of bounds, so tests share a few.
BOUNDS = [
    (0, 0),
    (0, 2_700),
    (0, 9_999),
    (0, 10_000),
    (-1, 900),
    (500, 800),
    (-25_000, -24_000),
    (READING_LIMIT - 10, READING_LIMIT),
    (-READING_LIMIT, -READING_LIMIT + 10),
]


def rendered(lines: DayLines, serials: list[int], watts) -> bytes:
    laid_out = lines.blank(len(serials))
    lines.fill(laid_out, np.array(serials, np.uint32), np.asarray(watts, np.int64))
    return laid_out.tobytes()


@settings(max_examples=50)
@given(st.data(), days, intervals, st.sampled_from(BOUNDS))
def test_every_line_parses_to_its_serial_timestamp_and_reading(data, day, interval, bounds):
    lines = DayLines(day, interval, *bounds)
    readings = 86_400 // interval
    serials = data.draw(st.lists(serial_numbers, min_size=1, max_size=3))
    seed = data.draw(st.integers(0, 2**32))
    watts = np.random.default_rng(seed).integers(bounds[0], bounds[1] + 1, (len(serials), readings))
    watts[0, 0], watts[-1, -1] = bounds

    text = rendered(lines, serials, watts)

    midnight = datetime.combine(day, datetime.min.time(), UTC)
    times = [midnight + timedelta(seconds=interval * n) for n in range(readings)]
    parsed = [orjson.loads(line) for line in text.splitlines()]
    assert parsed == [
        {
            "serial": f"MAC{serial:08d}",
            "timestamp": time.isoformat().replace("+00:00", "Z"),
            "reading": watt / 1000,
        }
        for serial, of_meter in zip(serials, watts.tolist(), strict=True)
        for time, watt in zip(times, of_meter, strict=True)
    ]
    assert {len(line) for line in text.splitlines(keepends=True)} == {lines.bytes_per_row}


def test_readings_of_all_widths_and_both_signs_share_one_width():
    lines = DayLines(date(2024, 1, 1), 3600, -100_000, 100_000)
    watts = [[-100_000, 100_000, -10_000, -1, 0, 1, 99_999, -99_999] * 3]
    text = rendered(lines, [5], watts)
    assert lines.bytes_per_row == 79
    readings = [orjson.loads(line)["reading"] for line in text.splitlines()[:8]]
    assert readings == [-100.0, 100.0, -10.0, -0.001, 0.0, 0.001, 99.999, -99.999]


def test_a_short_reading_is_padded_with_white_space_before_it():
    text = rendered(DayLines(date(2024, 1, 1), 3600, -10, 10_000), [1], [[315] * 24])
    first = b'{"serial":"MAC00000001","timestamp":"2024-01-01T00:00:00Z","reading": 0.315}\n'
    assert text.startswith(first)


@pytest.mark.parametrize("watts", [-1, 901, 2**40, -(2**40)])
def test_a_reading_out_of_bounds_is_refused(watts):
    lines = DayLines(date(2024, 1, 1), 3600, 0, 900)
    with pytest.raises(ValueError, match="not between 0 and 900 W"):
        rendered(lines, [1], [[0] * 23 + [watts]])


@pytest.mark.parametrize("bounds", [(0, READING_LIMIT + 1), (-READING_LIMIT - 1, 0), (1, 0)])
def test_bounds_a_line_cannot_hold_are_refused(bounds):
    with pytest.raises(ValueError, match="cannot be written"):
        DayLines(date(2024, 1, 1), 3600, *bounds)
