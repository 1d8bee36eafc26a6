"""The sensor, evaluated on alerts planted in the local BigQuery; channels are HTTP servers."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import requests
from dagster import (
    AssetMaterialization,
    DagsterInstance,
    DefaultSensorStatus,
    build_sensor_context,
)

from wattif_dagster import keys, schemas
from wattif_dagster.alerting.ledger import Ledger
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.anomaly_alerts.alerts import find_alerts
from wattif_dagster.defs.anomaly_alerts.query import find_quarter_start
from wattif_dagster.feedback import give_feedback, read_feedback
from wattif_dagster.ingest.layout import report_name
from wattif_dagster.partitions import daily_partitions
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.receiver import SECRET, Receiver, receiving
from wattif_dagster_tests.support.warehouse import add_rows, make_flagged_day

LAST = date.fromisoformat(daily_partitions(date(2024, 1, 1)).get_partition_keys()[-1])
"""The latest partition."""
NOTHING_NEW = "No recent day of anomaly_alerts was materialized."


@dataclass
class Sensor:
    """Evaluates the sensor repeatedly, each time with the cursor of the evaluation before."""

    settings: Settings
    instance: DagsterInstance
    cursor: str | None = None

    @property
    def resources(self) -> Resources:
        """The resources of the settings."""
        return build_resources(self.settings)

    def evaluate(self) -> str:
        """Evaluate the sensor with the channels of the environment; returns its message."""
        settings = self.settings.model_copy(update={"alerts": Settings.load().alerts})
        sensor = build_defs(settings).resolve_sensor_def("alert_notifications")
        needed = sensor.required_resource_keys | {"wattif_cloud"}
        resources = {key: value for key, value in self.resources.items() if key in needed}
        with build_sensor_context(self.instance, self.cursor, resources=resources) as context:
            made = sensor.evaluate_tick(context)
        assert not made.run_requests
        self.cursor = made.cursor
        return str(made.skip_message)

    def materialize(self, day: date, *opened_on: date, closed: bool = False) -> None:
        """Plant the day's alerts, of one meter for each day of opening, and report the day."""
        alerts = [
            {
                "alert_date": str(day),
                "alert_id": f"M{number}:rule:{opened}",
                "serial": f"M{number}",
                "kind": "rule",
                "status": "closed" if closed else "open",
                "opened_on": str(opened),
                "last_flagged_on": str(day - timedelta(days=closed)),
                "closed_on": str(day) if closed else None,
                "days_flagged": 2,
                "worst_probability": 1.0,
                "reason": "rule:stuck",
            }
            for number, opened in enumerate(opened_on)
        ]
        add_rows(self.resources["wattif_bigquery"], schemas.ANOMALY_ALERTS, alerts)
        self.report(day)

    def report(self, day: date) -> None:
        """Report the day as materialized."""
        self.instance.report_runless_asset_event(
            AssetMaterialization(keys.ANOMALY_ALERTS, partition=str(day))
        )


@pytest.fixture
def sensor(settings: Settings, instance: DagsterInstance) -> Sensor:
    build_resources(settings)["wattif_gcs"].ensure_bucket()
    return Sensor(settings, instance)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Two channels, `one` and `two`."""
    with receiving() as made:
        urls = json.dumps([made.url("one"), made.url("two")])
        monkeypatch.setenv("WATTIF_ALERTS__NOTIFY_URLS", urls)
        yield made


def test_each_channel_is_told_once_and_a_failing_one_again(
    sensor: Sensor,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    caplog.set_level(logging.DEBUG)
    receiver.refusing = {"two"}
    sensor.materialize(LAST, LAST, LAST - timedelta(days=7))
    said = [sensor.evaluate()]
    assert said == ["channel 1 took 1 alert; channel 2 did not take 1 alert"]
    receiver.refusing = set()
    said += [sensor.evaluate(), sensor.evaluate()]
    assert said[1:] == ["channel 2 took 1 alert", NOTHING_NEW]
    sensor.report(LAST)
    assert sensor.evaluate() == "No alert is new or ended."
    assert receiver.titles("one") == receiver.titles("two") == ["WattIf: 1 new alert"]
    bigquery = sensor.resources["wattif_bigquery"]
    assert receiver.bodies("one") == [
        [
            f"M0 since {LAST}, 2 days flagged: one and the same reading is repeated",
            f"in {bigquery.table_name(schemas.ANOMALY_ALERTS)}",
        ]
    ]
    shown = [str(sensor.cursor), *said, caplog.text, *capfd.readouterr()]
    assert "channel 2 did not take 1 alert" in "".join(shown[1 + len(said) :])
    assert not [text for text in shown if SECRET in text]


def test_message_links_to_the_page_of_the_day(sensor: Sensor, receiver: Receiver):
    gcs = sensor.resources["wattif_gcs"]
    gcs.write(report_name(LAST), b"<p>page</p>", content_type="text/html")
    sensor.materialize(LAST, LAST)
    sensor.evaluate()
    (*_, line), *_ = receiver.bodies("one")
    before, _, link = line.rpartition(" ")
    assert before == f"The page about {LAST}:"
    answer = requests.get(link, timeout=30)
    assert (answer.text, answer.headers["Content-Type"]) == ("<p>page</p>", "text/html")


def test_several_days_are_one_message_and_old_days_none(sensor: Sensor, receiver: Receiver):
    before, old = LAST - timedelta(days=1), LAST - timedelta(days=7)
    sensor.cursor = Ledger(settled={"key": {f"M0:rule:{old}"}}).model_dump_json()
    sensor.materialize(old, old)
    sensor.materialize(before, before)
    sensor.materialize(LAST, before, LAST)
    assert sensor.evaluate() == "channel 1 took 2 alerts; channel 2 took 2 alerts"
    assert receiver.titles("one") == ["WattIf: 2 new alerts"]
    assert str(old) not in str(sensor.cursor)


def test_alerts_are_logged_without_channels(sensor: Sensor, capfd: pytest.CaptureFixture[str]):
    sensor.materialize(LAST, LAST)
    assert [sensor.evaluate(), sensor.evaluate()] == ["the log took 1 alert", NOTHING_NEW]
    logged = "".join(capfd.readouterr())
    assert logged.count("WattIf: 1 new alert") == logged.count(f"M0 since {LAST}") == 1


def test_end_of_an_episode_is_told_once(sensor: Sensor, receiver: Receiver):
    """It may have opened long ago."""
    before, old = LAST - timedelta(days=1), LAST - timedelta(days=40)
    sensor.materialize(before, before)
    sensor.evaluate()
    sensor.materialize(LAST, before, old, closed=True)
    sensor.evaluate()
    sensor.report(LAST)
    assert sensor.evaluate() == "No alert is new or ended."
    assert receiver.titles("one") == ["WattIf: 1 new alert", "WattIf: 2 ended alerts"]
    lines = receiver.bodies("one")[1]
    assert lines[0] == f"M0 from {before} to {before}, ended: one and the same reading is repeated"
    assert lines[1].startswith(f"M1 from {old} to {before}, ended:")


@pytest.mark.parametrize(("days", "told"), [(1, False), (0, True), (None, True)])
def test_snoozed_meter_does_not_alert(
    sensor: Sensor, receiver: Receiver, days: int | None, told: bool
):
    """Only the latest feedback counts."""
    bigquery = sensor.resources["wattif_bigquery"]
    add_rows(bigquery, schemas.FLAGGED_DAYS, [make_flagged_day("M0", LAST)])
    give_feedback(bigquery, "M0", "benign", None, LAST + timedelta(days=9))
    until = None if days is None else LAST + timedelta(days=days)
    give_feedback(bigquery, "M0", "unknown", 'It\'s "new".', until)
    assert read_feedback(bigquery)["M0"].note == 'It\'s "new".'
    sensor.materialize(LAST, LAST)
    sensor.evaluate()
    assert receiver.titles("one") == (["WattIf: 1 new alert"] if told else [])


def test_episode_with_only_a_new_id_is_not_new(
    sensor: Sensor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WATTIF_ALERTS__NOTIFY_WITHIN_DAYS", "120")
    quarter = find_quarter_start(LAST - timedelta(days=1))
    flagged = {"LONG": range(-3, 2), "NEW": range(-1, 2), "BROKEN": (-3, -2, 0, 1)}
    rows = [
        make_flagged_day(serial, quarter + timedelta(days=number))
        for serial, numbers in flagged.items()
        for number in numbers
    ]
    bigquery = sensor.resources["wattif_bigquery"]
    add_rows(bigquery, schemas.FLAGGED_DAYS, rows)
    after = quarter + timedelta(days=1)
    made = find_alerts(bigquery, sensor.resources["wattif_alert_rule"], after)
    assert {row["alert_id"] for row in made} == {f"{serial}:rule:{quarter}" for serial in flagged}
    sensor.report(after)
    sensor.evaluate()
    (lines,) = receiver.bodies("one")
    assert [line.split()[0] for line in lines[:-1]] == ["NEW"]


@pytest.mark.usefixtures("receiver")
def test_sensor_is_on_by_default_with_channels(monkeypatch: pytest.MonkeyPatch):
    def status() -> DefaultSensorStatus:
        return build_defs().resolve_sensor_def("alert_notifications").default_status

    assert status() is DefaultSensorStatus.RUNNING
    monkeypatch.delenv("WATTIF_ALERTS__NOTIFY_URLS")
    assert status() is DefaultSensorStatus.STOPPED
