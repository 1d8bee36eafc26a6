"""Turns register values, which grow with the energy drawn, into the energy of intervals."""

import numpy as np

from wattif_dagster.importing.rows import Reason
from wattif_dagster.importing.spill import Rows, Spill, make_rows
from wattif_dagster.importing.staging import Staging

NEARLY = 0.9
"""A register rolled over when it counts back from this share of its range or more, to what is left
of it or less."""
NEVER = np.iinfo(np.int64).min


def take_differences(staging: Staging, energies: Spill, interval: int) -> int:
    """Write the energy between each register value and the one before, by the interval's start.

    A value without one an interval before it is rejected, and so is one that counts back, unless
    the register rolled over. Returns how many values were replaced by a later one of that time.
    """
    replaced = 0
    times, values = np.full(len(staging.serials), NEVER), np.zeros(len(staging.serials))
    for day in staging.spill.days:
        rows = np.concatenate([*staging.spill.read_day(day)])
        ordered = rows[np.lexsort((rows["t"], rows["meter"]))]  # stable: the later row is last
        is_last = np.append((np.diff(ordered["meter"]) != 0) | (np.diff(ordered["t"]) != 0), True)
        replaced += int((~is_last).sum())
        _take_day(staging, energies, interval, ordered[is_last], (times, values))
    return replaced


def _take_day(
    staging: Staging,
    energies: Spill,
    interval: int,
    rows: Rows,
    before: tuple[np.ndarray, np.ndarray],
) -> None:
    """Take the differences of a day; `before` has the last time and value of each meter."""
    times, values = before
    meters = rows["meter"]
    begins = np.append(True, np.diff(meters) != 0)
    earlier = np.where(begins, times[meters], np.roll(rows["t"], 1))
    last = np.where(begins, values[meters], np.roll(rows["value"], 1))
    reach = 10.0 ** np.ceil(np.log10(np.maximum(last, 1) + 1e-9))
    back = rows["value"] < last
    rolled = back & (last >= NEARLY * reach) & (rows["value"] <= (1 - NEARLY) * reach)
    reasons = np.where(back & ~rolled, Reason.REGISTER_BACK.code, 0)
    reasons = np.where(rows["t"] - interval != earlier, Reason.REGISTER_GAP.code, reasons)
    reasons = np.where(earlier == NEVER, Reason.FIRST_REGISTER.code, reasons)
    for place in np.flatnonzero(reasons).tolist():
        staging.reject_staged(int(reasons[place]), rows[place])
    good = reasons == 0
    energy = np.where(rolled, rows["value"] + reach, rows["value"]) - last
    energies.write(make_rows(meters[good], earlier[good], energy[good], rows["seq"][good]))
    ends = np.append(begins[1:], True)
    times[meters[ends]], values[meters[ends]] = rows["t"][ends], rows["value"][ends]
