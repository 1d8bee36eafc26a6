from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from wattif_dagster.metering.anomalies.episode import Episode
from wattif_dagster.metering.anomalies.kinds import KINDS
from wattif_dagster.metering.anomalies.schedule import episodes_on
from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.metering.simulation import (
    LATEST_START,
    MOST_DAYS,
    Simulation,
)

SERIALS = np.arange(3000)
SIMULATION = Simulation(
    anomaly_share=0.3, anomaly_onset_day=5, anomaly_onset_days=4, anomaly_days=6
)
FIRST_ONSET = datetime(2024, 1, 6, tzinfo=UTC)


def episodes(simulation: Simulation) -> dict[int, Episode]:
    days = [simulation.first_day + timedelta(days=n) for n in range(25)]
    return {e.serial: e for day in days for e in episodes_on(simulation, day, SERIALS)}


def test_no_episodes_when_anomalies_are_off():
    assert episodes(Simulation()) == {}


def test_share_of_meters_has_one_episode_of_any_kind():
    found = episodes(SIMULATION)
    assert len(found) / len(SERIALS) == pytest.approx(0.3, abs=0.03)
    counts = {kind: sum(e.kind == kind for e in found.values()) for kind in TITLES}
    assert min(counts.values()) > 20
    for episode in found.values():
        assert FIRST_ONSET <= episode.starts_at < FIRST_ONSET + timedelta(days=4)
        hours = (episode.ends_at - episode.starts_at) / timedelta(hours=1)
        shortest, longest = KINDS[episode.kind].hours or (6 * 24, 6 * 24)
        assert shortest <= hours <= longest
        ranges = KINDS[episode.kind].parameters
        assert episode.parameters.keys() == ranges.keys()
        for name, (low, high) in ranges.items():
            assert low <= episode.parameters[name] <= high
            assert isinstance(episode.parameters[name], type(low))


def test_starts_and_lengths_reach_their_ends():
    missing = episodes(SIMULATION.model_copy(update={"anomaly_kinds": "F6"})).values()
    hours = {round((e.ends_at - e.starts_at) / timedelta(hours=1)) for e in missing}
    assert hours == set(range(1, 13))
    starts = {round((e.starts_at - FIRST_ONSET) / timedelta(hours=1)) for e in missing}
    assert starts == set(range(96))


def test_episode_depends_on_settings_and_serial_alone():
    found = episodes(SIMULATION)
    for number in range(25):
        day = SIMULATION.first_day + timedelta(days=number)
        midnight = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)
        expected = [
            e
            for e in found.values()
            if e.starts_at < midnight + timedelta(days=1) and e.ends_at > midnight
        ]
        together = episodes_on(SIMULATION, day, SERIALS)
        assert together == sorted(expected, key=lambda e: e.serial)
        alone = [e for s in range(0, 3000, 60) for e in episodes_on(SIMULATION, day, np.array([s]))]
        assert alone == [e for e in together if e.serial % 60 == 0]


def test_the_latest_of_all_episodes_are_within_the_calendar():
    latest = Simulation(
        start_date=str(LATEST_START),
        anomaly_share=1,
        anomaly_onset_day=MOST_DAYS,
        anomaly_onset_days=MOST_DAYS,
        anomaly_days=MOST_DAYS,
    )
    last = LATEST_START + timedelta(days=3 * MOST_DAYS)
    found = episodes_on(latest, last - timedelta(days=MOST_DAYS), SERIALS[:99])
    assert found
    assert max(episode.ends_at.date() for episode in found) <= last


def test_only_the_chosen_kinds_occur():
    some = SIMULATION.model_copy(update={"anomaly_kinds": "F6,T1"})
    assert {e.kind for e in episodes(some).values()} == {"T1", "F6"}
    assert some.kinds_of_anomalies == ("T1", "F6")


def test_the_day_before_the_first_onset_is_clean():
    assert episodes_on(SIMULATION, date(2024, 1, 5), SERIALS) == []
