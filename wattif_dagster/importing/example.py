"""Readings to try an import with: a CSV of 30 homes, as a utility might export it."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.simulation import Simulation

HOMES, DAYS, FIRST_DAY = 30, 16, date(2024, 1, 1)
INTERVAL = timedelta(minutes=30)
SILENT_HOME, SILENT_SINCE = 7, date(2024, 1, 14)
"""This home's meter fails, and sends nothing any more."""
WITHOUT_VALUE = 5
"""So many rows of the first day say Null."""


def write_example(file: Path) -> int:
    """Write the readings, in kWh of half an hour; returns the number of rows."""
    simulation = Simulation(
        meters=HOMES, load="household", interval_seconds=int(INTERVAL.total_seconds())
    )
    homes = np.arange(1, HOMES + 1)
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as text:
        table = csv.writer(text)
        table.writerow(["meter", "time", "kwh"])
        for day in (FIRST_DAY + timedelta(days=n) for n in range(DAYS)):
            kwh = Consumption(simulation, day).watts(homes) / 1000 * (INTERVAL / timedelta(hours=1))
            for home, values in zip(homes.tolist(), kwh.tolist(), strict=True):
                if home == SILENT_HOME and day >= SILENT_SINCE:
                    continue
                for place, value in enumerate(values):
                    at = datetime.combine(day, time()) + place * INTERVAL
                    known = day > FIRST_DAY or home > WITHOUT_VALUE or place
                    written = f"{value:.4f}" if known else "Null"
                    table.writerow([f"HOME-{home:02}", at.isoformat(" "), written])
                    rows += 1
    return rows
