"""Fits the harmonics of h25_harmonics.csv to BDEW's H25; demandlib has it.

    python -m wattif_dagster_tests.support.h25 > h25_harmonics.csv

H25 is the standard load profile of German households from 2025 on: a quarter-hourly shape for each
month and type of day (WT a workday, SA a Saturday, FT a Sunday or holiday), in kWh a quarter-hour
of a fleet that uses 1 GWh a year.
"""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.household.profile import DAY_TYPES, HARMONICS

_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
_QUARTERS = 96
_MEAN_KWH = 1e6 / (365 * _QUARTERS)


def h25() -> dict[tuple[int, str], NDArray[np.float64]]:
    """For each month (1 to 12) and type of day the 96 quarter-hours, relative to the year's mean.

    Before the seasonal factor that BDEW has applied to it.
    """
    table = files("demandlib.bdew").joinpath("bdew_data/h25.csv").read_text(encoding="utf-8")
    months, day_types, *rows = (line.split(",")[1:] for line in table.splitlines())
    kwh = np.array([[float(cell) for cell in row] for row in rows if row[0]])
    columns = zip(months, day_types, kwh.T / _MEAN_KWH, strict=True)
    return {(_MONTHS.index(month) + 1, kind): shape for month, kind, shape in columns}


def fit(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares of a mean and HARMONICS cosines and sines: mean, cos 1, sin 1, cos 2, ..."""
    middles = 2 * np.pi * (np.arange(_QUARTERS) + 0.5) / _QUARTERS
    waves = [f(k * middles) for k in range(1, HARMONICS + 1) for f in (np.cos, np.sin)]
    basis = np.column_stack([np.ones(_QUARTERS), *waves])
    return np.linalg.lstsq(basis, shape, rcond=None)[0].astype(np.float64)


def main() -> None:
    """Print the table."""
    waves = (f"{wave}{k}" for k in range(1, HARMONICS + 1) for wave in ("cos", "sin"))
    print(",".join(("month", "day_type", "mean", *waves)))
    shapes = h25()
    for month in range(1, 13):
        for day_type in DAY_TYPES:
            numbers = (f"{number:.5f}" for number in fit(shapes[month, day_type]))
            print(",".join((str(month), day_type, *numbers)))


if __name__ == "__main__":
    main()
