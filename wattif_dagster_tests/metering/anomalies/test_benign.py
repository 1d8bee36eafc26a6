"""Benign changes and gaps have labels that say when they are, and that they withhold nothing."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import orjson
import pytest

from wattif_dagster.metering.anomalies.benign import LABELLED_DAYS, changes_on
from wattif_dagster.metering.anomalies.labels import benign_rows, label_rows
from wattif_dagster.metering.anomalies.titles import BENIGN, TITLES, is_benign, title_kind
from wattif_dagster.metering.household.homes import homes_on
from wattif_dagster.metering.household.presets import PRESETS
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.rendered import rows_by_serial

DAY = date(2024, 2, 15)
SERIALS = np.arange(1000)


def fleet(preset: str, **changes: object) -> Simulation:
    settings = {"load": "household", "homes": preset, "interval_seconds": 900, **changes}
    return Simulation.model_validate(settings)


@pytest.mark.parametrize("load", ["uniform", "household"])
def test_calm_homes_have_no_labels(load: str):
    assert benign_rows(fleet("calm", load=load), DAY, SERIALS) == []
    assert benign_rows(fleet("restless", load="uniform"), DAY, SERIALS) == []


def test_every_benign_kind_occurs_and_withholds_nothing():
    kinds: Counter[str] = Counter()
    for preset in PRESETS:
        for row in benign_rows(fleet(preset), DAY, SERIALS):
            kinds[row["kind"]] += 1
            assert row["kwh_withheld"] == 0
    assert set(kinds) == set(BENIGN)
    assert not set(BENIGN) & set(TITLES)
    assert all(is_benign(kind) for kind in BENIGN)
    assert not any(is_benign(kind) for kind in TITLES)
    assert title_kind("B1") == "B1 new tenant"


def test_labels_begin_with_the_change_and_end_weeks_later():
    simulation = fleet("restless", timezone="Europe/Berlin")
    appliance = next(each for each in changes_on(simulation, DAY, SERIALS) if each.kind == "B6")
    assert appliance.starts_at.astimezone(UTC).hour == 23  # midnight in winter
    begin = (appliance.starts_at + timedelta(hours=1)).date()
    home = SERIALS[appliance.serial : appliance.serial + 1]
    before, after = homes_on(simulation, [begin - timedelta(days=1), begin], home)
    assert before.appliance_watts[0] == 0 < after.appliance_watts[0]
    days = [begin + timedelta(days=n) for n in range(-3, LABELLED_DAYS + 3)]
    labelled = [
        day for day in days if any(c.kind == "B6" for c in changes_on(simulation, day, home))
    ]
    # The last hour of a UTC day is the first of the next local date.
    assert labelled == [begin + timedelta(days=n) for n in range(-1, LABELLED_DAYS)]


def test_hours_of_a_label_are_those_it_lies_in():
    simulation = fleet("restless", timezone="Asia/Kathmandu")
    rows = benign_rows(simulation, DAY, SERIALS)
    first = next(row for row in rows if row["starts_at"] == "2024-02-14T18:15:00Z")
    assert orjson.loads(first["touched_hours"]) == list(range(24))
    begins = next(row for row in rows if row["starts_at"] == "2024-02-15T18:15:00Z")
    assert orjson.loads(begins["touched_hours"]) == [18, 19, 20, 21, 22, 23]


def test_gap_is_exactly_what_its_label_says():
    simulation = fleet("restless", anomaly_share=0.2, anomaly_onset_day=40)
    whole = fleet("restless", load="uniform")
    given = rows_by_serial(simulation, DAY, SERIALS)
    labels = label_rows(simulation, DAY, SERIALS)
    assert [row["serial"] for row in labels] == sorted(row["serial"] for row in labels)
    gaps = {row["serial"]: row for row in labels if row["kind"] == "B7"}
    assert gaps
    afflicted = {row["serial"] for row in labels if not is_benign(row["kind"])}
    assert not afflicted & gaps.keys()
    for serial in serial_text(SERIALS):
        if serial in afflicted:
            continue
        hours = Counter(int(row[0][11:13]) for row in given[serial])
        lost = orjson.loads(gaps[serial]["touched_hours"]) if serial in gaps else []
        assert [hour for hour in range(24) if not hours[hour]] == lost
        assert set(hours.values()) == {4}
    assert len(rows_by_serial(whole, DAY, SERIALS[:2])["MAC00000001"]) == 96


def test_moment_of_a_label_is_within_the_day():
    midnight = datetime.combine(DAY, datetime.min.time(), UTC)
    for change in changes_on(fleet("solar"), DAY, SERIALS):
        assert change.starts_at < midnight + timedelta(days=1)
        assert change.ends_at > midnight
        assert change.hours_of(DAY)
