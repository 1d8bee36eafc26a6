import hashlib
from datetime import timedelta

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster import schemas
from wattif_dagster.metering.anomalies.labels import label_rows
from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.metering.ndjson import DayRenderer, render_day
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.rendered import kilowatt_hours, rows_by_serial
from wattif_dagster_tests.support.strategies import seeds, serial_arrays

SERIALS = np.arange(40, 46)


def afflicted(kind: str = "all", **changes: object) -> Simulation:
    settings = {
        "load": "household",
        "interval_seconds": 900,
        "anomaly_share": 1.0,
        "anomaly_kinds": kind,
        "anomaly_onset_day": 8,
        "anomaly_onset_days": 2,
        "anomaly_days": 3,
    }
    return Simulation.model_validate({**settings, **changes})


@pytest.mark.parametrize("load", ["uniform", "household"])
@pytest.mark.parametrize("kind", TITLES)
def test_a_kind_changes_what_its_labels_say_and_nothing_else(kind, load):
    simulation = afflicted(kind, load=load)
    clean = simulation.model_copy(update={"anomaly_share": 0.0})
    changed = 0
    for number in range(7, 14):
        day = simulation.first_day + timedelta(days=number)
        true = rows_by_serial(clean, day, SERIALS)
        given_rows = rows_by_serial(simulation, day, SERIALS)
        labels = {row["serial"]: row for row in label_rows(simulation, day, SERIALS)}
        for serial in serial_text(SERIALS):
            if serial not in labels:
                assert given_rows[serial] == true[serial]
                continue
            label = labels[serial]
            assert label["kind"] == kind
            inside = (label["starts_at"], label["ends_at"])

            def outside(rows, inside=inside):
                return [row for row in rows if not inside[0] <= row[0] < inside[1]]

            assert outside(given_rows[serial]) == outside(true[serial])
            withheld = kilowatt_hours(simulation, true[serial]) - kilowatt_hours(
                simulation, given_rows[serial]
            )
            assert label["kwh_withheld"] == pytest.approx(withheld, abs=1e-9)
            touched = [
                hour
                for hour in range(24)
                if [row for row in true[serial] if int(row[0][11:13]) == hour]
                != [row for row in given_rows[serial] if int(row[0][11:13]) == hour]
            ]
            assert orjson.loads(label["touched_hours"]) == touched
            changed += len(touched)
    assert changed > 0


def test_off_gives_the_clean_bytes():
    off = afflicted(anomaly_share=0.0)
    clean = Simulation(load="household", interval_seconds=900)
    day = off.first_day + timedelta(days=9)
    assert render_day(off, day, SERIALS) == render_day(clean, day, SERIALS)
    assert label_rows(off, day, SERIALS) == []


@settings(max_examples=20)
@given(seeds, serial_arrays(8, unique=True), st.integers(1, 8), st.integers(8, 12))
def test_a_meter_s_day_does_not_depend_on_its_batch(seed, serials, size, number):
    simulation = afflicted(seed=seed)
    day = simulation.first_day + timedelta(days=number)
    batches = [serials[at : at + size] for at in range(0, len(serials), size)]
    renderer = DayRenderer(simulation, day)
    together = b"".join(bytes(renderer.render(batch)) for batch in batches)
    assert together == bytes(render_day(simulation, day, serials))
    labels = [row for batch in batches for row in label_rows(simulation, day, batch)]
    assert labels == label_rows(simulation, day, serials)


def test_anomalies_act_on_what_an_incident_leaves():
    simulation = afflicted("F5", incident="surge", incident_date="2024-01-10", incident_share=1.0)
    clean = simulation.model_copy(update={"anomaly_share": 0.0})
    day = simulation.first_day + timedelta(days=9)
    true, given_rows = (rows_by_serial(s, day, SERIALS) for s in (clean, simulation))
    label = label_rows(simulation, day, SERIALS)[0]
    changed = [
        (before[1], after[1])
        for before, after in zip(true[label["serial"]], given_rows[label["serial"]], strict=True)
        if before != after
    ]
    assert changed
    assert all(after == -before for before, after in changed)


def test_row_count_follows_from_bytes_and_has_a_limit():
    for kind, most in (("F6", 96), ("F7", 96 * 3 // 2)):
        simulation = afflicted(kind)
        renderer = DayRenderer(simulation, simulation.first_day)
        assert renderer.bytes_per_meter == most * renderer.bytes_per_row
    day = simulation.first_day + timedelta(days=9)
    data = render_day(simulation, day, SERIALS)
    rows = rows_by_serial(simulation, day, SERIALS)
    assert len(data) == DayRenderer(simulation, day).bytes_per_row * sum(map(len, rows.values()))
    assert max(map(len, rows.values())) > 96


def test_duplicated_lines_follow_their_originals():
    simulation = afflicted("F7")
    day = simulation.first_day + timedelta(days=9)
    lines = bytes(render_day(simulation, day, SERIALS)).splitlines()
    seen = [lines[n] == lines[n + 1] for n in range(len(lines) - 1)]
    assert sum(seen) == len(lines) - len(set(lines)) > 0


def test_label_rows_are_the_table_s_columns():
    simulation = afflicted()
    rows = label_rows(simulation, simulation.first_day + timedelta(days=9), SERIALS)
    assert rows
    for row in rows:
        assert tuple(row) == schemas.INJECTED_ANOMALIES.column_names
        assert row["label_date"] == "2024-01-10"
        assert isinstance(orjson.loads(row["parameters"]), dict)


def test_the_bytes_of_a_small_day_never_change():
    simulation, serials = afflicted(interval_seconds=1800), np.arange(150)
    day = simulation.first_day + timedelta(days=9)
    labels = label_rows(simulation, day, serials)
    assert {row["kind"] for row in labels} == set(TITLES)
    data = bytes(render_day(simulation, day, serials)) + orjson.dumps(labels)
    digest = "70107892ae9d84026d8e5aecf30659af58bcbee1720ba21f5e92f02f25a93377"
    assert hashlib.sha256(data).hexdigest() == digest
