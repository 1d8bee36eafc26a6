"""Figures that are drawn on again and again.

To make a figure, with its axes and their ticks, takes matplotlib a quarter of a picture's time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure


class Sheet(NamedTuple):
    """A figure, and its panels."""

    figure: Figure
    panels: list[Axes]


class Sheets:
    """Blank sheets of one kind, for any threads: as many as are drawn on at the same time."""

    def __init__(self, make: Callable[[], Sheet]) -> None:
        self._make = make
        self._blank: list[Sheet] = []

    @contextmanager
    def blank(self) -> Iterator[Sheet]:
        """One that nobody else has; what is drawn on it is wiped afterwards."""
        try:
            sheet = self._blank.pop()
        except IndexError:
            sheet = self._make()
        yield sheet
        _wipe(sheet)
        self._blank.append(sheet)


def _wipe(sheet: Sheet) -> None:
    for panel in sheet.panels:
        for artist in (*panel.lines, *panel.collections):
            artist.remove()
        panel.relim()
        panel.set_ylim(0, 1, auto=True)
        panel.set_title("", loc="left")
        panel.set_axis_on()
    for legend in [*sheet.figure.legends]:
        legend.remove()
