"""wattif stream: lands readings while a clock runs."""

import threading
import time as wall
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import click
from rich.console import Console

from wattif_dagster.cli.interrupts import interrupts_set
from wattif_dagster.cli.options import with_options
from wattif_dagster.errors import CancelledError, UserError
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.streaming.clock import Clock
from wattif_dagster.streaming.landing import StreamLanding
from wattif_dagster.streaming.stream import Position, stream_day

LINE_SECONDS = 10
"""Between two lines where the output is no terminal. A terminal shows the latest one each second.
"""


def run(
    simulation: Mapping[str, object],
    ingest: Mapping[str, object],
    every: int,
    clock: tuple[date | None, float],
    lasting: int | None,
) -> None:
    """Stream day after day until Ctrl-C, or for `lasting` seconds.

    `clock` is the day at whose midnight the stream starts, today if None, and its speed.
    """
    settings = with_options(Settings.load(), simulation, ingest)
    if settings.source.is_imported:
        raise UserError(
            "WATTIF_SOURCE__KIND=files has imported readings, so none are streamed. Unset it, and "
            "set WATTIF_BUCKET to another bucket, to simulate a fleet."
        )
    start, speed = clock
    if start is None and speed != 1:
        raise UserError("A faster clock needs its start: add --start DAY.")
    resources = build_resources(settings)
    gcs, fleet_settings = resources["wattif_gcs"], resources["wattif_simulation"]
    gcs.require_bucket()
    claim_bucket(gcs, settings.simulation)
    ticking = Clock(_find_midnight(start), speed) if start else Clock.of_the_wall()
    day = ticking.now().date()
    stop, is_over = threading.Event(), threading.Event()
    timer = threading.Timer(lasting or 0, lambda: (is_over.set(), stop.set()))
    timer.daemon = True
    show = _Display(Console(stderr=True, highlight=False))
    try:
        with interrupts_set(stop):
            if lasting:
                timer.start()
            while True:
                fleet = land_registry(gcs, fleet_settings, day)
                landing = StreamLanding(
                    fleet_settings, day, fleet.serials, resources["wattif_ingest"], every
                )
                manifest = stream_day(gcs, landing, ticking, show, stop)
                click.echo(
                    f"{day} is complete: {len(manifest.objects):,} objects, "
                    f"{manifest.total_rows:,} rows, {manifest.total_bytes / 1e6:,.1f} MB."
                )
                day += timedelta(days=1)
    except CancelledError:
        show.end()
        if is_over.is_set():
            click.echo(f"The stream ended after {lasting} s, within {day}.")
            return
        click.echo("The same command continues from here.", err=True)
        raise KeyboardInterrupt from None
    finally:
        timer.cancel()


def _find_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class _Display:
    """Shows how far the stream is: a line that changes on a terminal, lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("")
        self._shown = float("-inf")
        self._before: tuple[float, int, int, date] | None = None

    def __call__(self, position: Position) -> None:
        """Show the position, with the rates since the one that was shown before."""
        now, done = wall.monotonic(), position.progress
        if not self._console.is_terminal and now - self._shown < LINE_SECONDS:
            return
        seconds, rows, sent = now - self._shown, 0, 0
        if self._before and self._before[3] == position.landing.day:
            seconds = now - self._before[0]
            rows, sent = done.rows - self._before[1], done.bytes - self._before[2]
        self._before = now, done.rows, done.bytes, position.landing.day
        self._shown = now
        line = (
            f"{position.landing.day}  {done.objects:,} of {done.objects_total:,} objects  "
            f"lag {position.lag_seconds:.1f} s  "
            f"{rows / seconds:,.0f} rows/s  {sent / 1e6 / seconds:,.1f} MB/s"
        )
        if self._console.is_terminal:
            self._status.start()
            self._status.update(line)
        else:
            self._console.print(line)

    def end(self) -> None:
        """Remove the line that changes."""
        self._status.stop()
