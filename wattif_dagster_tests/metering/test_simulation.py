from datetime import date

import pytest
from pydantic import ValidationError

from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.metering.simulation import SERIAL_SPACE, Simulation, parse_day


@pytest.mark.parametrize("text", ["", "2024-1-1", "20240101", "2024-02-30", "2024-01-01T00:00:00"])
def test_parse_day_refuses_anything_but_a_date(text):
    with pytest.raises(ValueError, match="is not a date; write it as YYYY-MM-DD"):
        parse_day(text)


def test_parse_day_reads_a_date():
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"interval_seconds": 7}, "7 seconds do not divide an hour"),
        ({"incident": "outage"}, "incident='outage' needs an incident_date"),
        (
            {"incident": "surge", "incident_date": "2024-01-01", "incident_start_hour": 23},
            "the incident must end on the day it starts",
        ),
        ({"start_date": "yesterday"}, "'yesterday' is not a date"),
        ({"start_date": "0999-12-31"}, "0999-12-31 leaves no room in the calendar; begin between"),
        ({"start_date": "9000-01-02"}, "begin between 1000-01-01 and 9000-01-01"),
        ({"meters": 0}, "greater than or equal to 1"),
        ({"meters": SERIAL_SPACE + 1}, "less than or equal to 31000000"),
        ({"seed": 2**63}, "less than"),
        ({"incident_share": 0}, "greater than 0"),
        ({"weather_shift_date": "soon"}, "'soon' is not a date"),
        ({"anomaly_share": 1.1}, "less than or equal to 1"),
        ({"anomaly_kinds": "T1,T9"}, "'T9' is no kind of anomaly; write all, or some of T1"),
        ({"anomaly_onset_day": 36501}, "less than or equal to 36500"),
        ({"anomaly_onset_days": 36501}, "less than or equal to 36500"),
        ({"anomaly_days": 36501}, "less than or equal to 36500"),
        ({"anomaly_kinds": ""}, "'' is no kind of anomaly"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Simulation.model_validate(settings)


def test_readings_per_day_follow_from_the_interval():
    assert Simulation(interval_seconds=10).readings_per_day == 8640
    assert Simulation(interval_seconds=1800).readings_per_hour == 2


def test_the_fingerprint_names_the_settings():
    assert Simulation().fingerprint == Simulation(seed=7).fingerprint
    assert Simulation().fingerprint != Simulation(seed=8).fingerprint
    assert len(Simulation().fingerprint) == 16


def test_utc_keeps_the_fingerprint_of_older_versions():
    assert Simulation().fingerprint == "9b792a8f532bfc47"
    assert Simulation(timezone="Europe/Berlin").fingerprint != Simulation().fingerprint
    assert Simulation(holidays="DE").fingerprint != Simulation().fingerprint


def test_anomalies_are_off_unless_a_share_of_meters_has_them():
    assert Simulation().kinds_of_anomalies == ()
    assert Simulation(anomaly_share=0.1).kinds_of_anomalies == tuple(TITLES)
    some = Simulation(anomaly_share=0.1, anomaly_kinds="F10,T2")
    assert some.kinds_of_anomalies == ("T2", "F10")
