"""The statistics of restlessness: what they measure, and that presets span real homes."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from wattif_dagster.metering.household.presets import PRESETS, PresetName
from wattif_dagster.metering.household.realism import mean_kw
from wattif_dagster.metering.household.restlessness import (
    FLOOR_JUMPS,
    FLOOR_VARIES,
    HOMES_DIFFER,
    LIKE,
    NAMES,
    REAL_HOMES,
    find_bounds,
    measure_restlessness,
)
from wattif_dagster.metering.simulation import Simulation

CLOSE = 0.03
"""Figures of real homes have two decimals, and those of 500 homes vary a little with the seed."""
REAL_FOLDER = os.environ.get("REAL_HOMES_FOLDER", "")
FILES = {
    "475 Swiss homes": "swiss_homes_15min.parquet",
    "17 Californian homes": "california_homes_1h.parquet",
}


def measure(preset: str) -> dict[str, float]:
    simulation = Simulation.model_validate({"load": "household", "homes": preset})
    kw = mean_kw(simulation, np.arange(500), date(2024, 1, 8), 49, 3600)
    return measure_restlessness(kw)


def test_presets_span_real_homes():
    found = [measure(preset) for preset in PRESETS]
    least = {name: min(each[name] for each in found) for name in NAMES}
    most = {name: max(each[name] for each in found) for name in NAMES}
    outside = [
        (name, homes)
        for homes, values in REAL_HOMES.items()
        for name, value in zip(NAMES, values, strict=True)
        if not least[name] - CLOSE <= value <= most[name] + CLOSE
    ]
    # Seventeen homes of one place are more alike than any that are simulated.
    assert outside == [(HOMES_DIFFER, "17 Californian homes")]


@pytest.mark.parametrize("preset", LIKE)
def test_calm_homes_are_not_as_restless_as(preset: PresetName):
    calm, bounds = measure("calm"), find_bounds(preset)
    assert not all(bounds[name].low <= calm[name] <= bounds[name].high for name in NAMES)


def test_floor_is_the_third_smallest_hour_of_the_day():
    hours = np.random.default_rng(1).uniform(1, 1.001, (2, 8, 24))
    hours[:, :, :2] = 0.0  # two hours do not make the floor
    hours[0, 2, 2] = 0.4
    found = measure_restlessness(hours)
    assert found[FLOOR_JUMPS] == 2 / 14
    of_first = np.std([1] * 7 + [0.4]) / np.mean([1] * 7 + [0.4])
    assert found[FLOOR_VARIES] == pytest.approx(of_first / 2, abs=0.001)


def test_empty_homes_are_left_out():
    lived_in = np.random.default_rng(1).uniform(0.1, 2, (5, 14, 24))
    with_empty = np.concatenate([lived_in, np.full((3, 14, 24), 0.01)])
    assert measure_restlessness(with_empty) == measure_restlessness(lived_in)


@pytest.mark.parametrize("preset", PRESETS)
def test_bounds_hold_what_they_refer_to(preset):
    for bounds in find_bounds(preset).values():
        assert 0 <= bounds.low < bounds.high
        named = [float(part.split()[0]) for part in bounds.reference.split(", ") if " of " in part]
        assert all(bounds.low <= value <= bounds.high for value in named)


@pytest.mark.parametrize("homes", FILES)
def test_figures_of_real_homes_are_measured(homes: str):
    file = Path(REAL_FOLDER) / FILES[homes]
    if not REAL_FOLDER or not file.exists():
        pytest.skip("REAL_HOMES_FOLDER names no folder with the hours of real homes")
    table = pq.read_table(file, columns=["serial", "time_hour_rolled", "avg_kw"]).to_pandas()
    hours = table.pivot(index="serial", columns="time_hour_rolled", values="avg_kw").to_numpy()
    found = measure_restlessness(hours.reshape(len(hours), -1, 24))
    assert list(found.values()) == pytest.approx(REAL_HOMES[homes], abs=CLOSE)
