"""Days made over and over, now of one fleet, now of another, by processes that are killed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support.settings import settings_on
from wattif_dagster_tests.torture.lives import Death, Lives, Make
from wattif_dagster_tests.torture.promises import (
    Totals,
    count_totals,
    find_broken_after_kill,
    find_broken_at_the_end,
)

FIRST_DAY = date(2024, 1, 1)


@dataclass(frozen=True)
class Fleet:
    """One of the two that take turns: its settings, the writes that its days took, and their
    totals, when they were made undisturbed."""

    settings: Settings
    writes: int
    whole: dict[date, Totals]


class Torture:
    """Both fleets have made their days once; those of the second are the newest."""

    def __init__(
        self, lives: Lives, direct: Resources, settings: Iterable[Settings], days: list[date]
    ) -> None:
        self._lives = lives
        self._direct = direct
        self._days = days
        self._next, self._last = (self._undisturbed(each) for each in settings)

    def _undisturbed(self, settings: Settings) -> Fleet:
        self._claim(settings)
        writes = self._lives.live(settings, self._days)
        whole = {day: count_totals(self._direct, day)["meter_readings"] for day in self._days}
        fleet = Fleet(settings, writes, whole)
        self._check_end(fleet)
        return fleet

    def deaths(self, number: int, random: Random) -> list[Death]:
        """In each of so many equal parts of a life that replaces days, one."""
        writes = max(self._next.writes, self._last.writes)
        return [
            Death(1 + int((part + random.random()) * writes / number), random.random() < 0.5)
            for part in range(number)
        ]

    def round(self, deaths: Iterable[Death]) -> None:
        """Make the days of the other fleet: a process is killed at each of the moments, one more
        is left to end. Raises AssertionError with the promises that are broken."""
        self._claim(self._next.settings)
        for death in deaths:
            self._lives.live(self._next.settings, self._days, death)
            for day in self._days:
                whole = {self._next.whole[day], self._last.whole[day]}
                broken = list(find_broken_after_kill(self._direct, day, whole))
                assert not broken, (death, broken)
        self._lives.live(self._next.settings, self._days)
        self._check_end(self._next)
        self._next, self._last = self._last, self._next

    def _claim(self, settings: Settings) -> None:
        """Let this fleet replace the one that the bucket holds."""
        claim_bucket(self._direct["wattif_gcs"], settings.simulation, replace=True)

    def _check_end(self, fleet: Fleet) -> None:
        for day in self._days:
            broken = list(find_broken_at_the_end(self._direct, day, fleet.whole[day]))
            assert not broken, broken


@contextmanager
def tortured(local_cloud: Endpoints, folder: Path, make: Make, days: int) -> Iterator[Torture]:
    """The loop, in a bucket and a dataset of its own."""
    ingest = IngestOptions(
        spool_dir=str(folder / "spool"), meters_per_object=2, upload_workers=2, batches_in_flight=2
    )
    anomalies = {"anomaly_share": 0.5, "anomaly_onset_day": 0, "anomaly_onset_days": 1}
    simulation = Simulation(meters=8, interval_seconds=900, **anomalies)
    settings = settings_on(local_cloud, folder / "home", simulation)
    settings = settings.model_copy(update={"ingest": ingest})
    direct = build_resources(settings)
    direct["wattif_gcs"].ensure_bucket()
    lives = Lives(make, folder / "life.log")
    with lives.watching(local_cloud) as watched:
        home = folder / "watched"
        home.mkdir()
        (home / "endpoints.json").write_text(watched.model_dump_json())
        fleets = [
            settings.model_copy(
                update={"home": home, "simulation": simulation.model_copy(update={"seed": seed})}
            )
            for seed in (1, 2)
        ]
        dates = [FIRST_DAY + timedelta(days=n) for n in range(days)]
        yield Torture(lives, direct, fleets, dates)
