"""Deliveries to real HTTP servers through apprise, and what the ledger makes of them."""

import logging
from threading import Event
from typing import Any

import pytest
from pydantic import SecretStr

from wattif_dagster.alerting import delivery
from wattif_dagster.alerting.channels import Channel, make_channels
from wattif_dagster.alerting.delivery import Delivery, deliver
from wattif_dagster.alerting.ledger import RETRIES, Ledger
from wattif_dagster_tests.support.receiver import SECRET, Receiver

PLACES = ["in wattif-local.wattif.anomaly_alerts"]


def alert(serial: str, opened_on: str = "2024-01-05") -> dict[str, Any]:
    return {
        "alert_id": f"{serial}:{opened_on}",
        "serial": serial,
        "status": "open",
        "opened_on": opened_on,
        "days_flagged": 2,
        "reason": "rule:stuck",
    }


def channels(receiver: Receiver, *names: str) -> list[Channel]:
    return make_channels([SecretStr(receiver.url(name)) for name in names])


def test_message_lists_the_new_alerts(receiver: Receiver):
    deliver(Ledger(), channels(receiver, "one"), [alert("A"), alert("B")], PLACES)
    assert receiver.titles("one") == ["WattIf: 2 new alerts"]
    assert receiver.bodies("one") == [
        [
            "A since 2024-01-05, 2 days flagged: one and the same reading is repeated",
            "B since 2024-01-05, 2 days flagged: one and the same reading is repeated",
            *PLACES,
        ]
    ]


def test_only_a_channel_that_failed_is_tried_again(receiver: Receiver):
    ledger, both = Ledger(), channels(receiver, "one", "two")
    receiver.refusing = {"one"}
    first = deliver(ledger, both, [alert("A")], PLACES)
    assert list(map(str, first)) == ["channel 1 did not take 1 alert", "channel 2 took 1 alert"]
    assert [each.is_pending for each in first] == [True, False]
    receiver.refusing = set()
    again = deliver(Ledger.parse(ledger.model_dump_json()), both, [alert("A"), alert("B")], PLACES)
    assert list(map(str, again)) == ["channel 1 took 2 alerts", "channel 2 took 1 alert"]
    assert receiver.titles("one") == ["WattIf: 2 new alerts"]
    assert receiver.titles("two") == ["WattIf: 1 new alert"] * 2


def test_alert_is_given_up_after_its_retries(receiver: Receiver):
    ledger, one = Ledger(), channels(receiver, "one")
    receiver.refusing = {"one"}
    deliver(ledger, one, [alert("OLDER")], PLACES)
    told = [deliver(ledger, one, [alert("OLDER"), alert("A")], PLACES) for _ in range(RETRIES + 2)]
    assert [str(said) for round_ in told for said in round_] == [
        *["channel 1 did not take 2 alerts"] * (RETRIES - 1),
        "channel 1 did not take 2 alerts, and 1 will not be sent again",
        "channel 1 did not take 1 alert, and 1 will not be sent again",
    ]
    assert [said.given_up for round_ in told for said in round_][-2:] == [
        ["OLDER:2024-01-05"],
        ["A:2024-01-05"],
    ]
    assert len(receiver.asked) == 1 + RETRIES + 1


def test_channel_does_not_wait_for_another():
    second_was_told = Event()
    both = [
        Channel("1", "first", lambda _: second_was_told.wait(30)),
        Channel("2", "second", lambda _: second_was_told.set() is None),
    ]
    assert [each.taken for each in deliver(Ledger(), both, [alert("A")], PLACES)] == [True, True]


def test_silent_or_broken_channel_did_not_take_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(delivery, "TIMEOUT_SECONDS", 0)
    never = Event()

    def breaks(_: object) -> bool:
        raise RuntimeError

    ill = [Channel("1", "silent", lambda _: never.wait(30)), Channel("2", "broken", breaks)]
    try:
        said = deliver(Ledger(), ill, [alert("A")], PLACES)
    finally:
        never.set()
    assert said == [Delivery("silent", 1, False, []), Delivery("broken", 1, False, [])]


def test_url_given_twice_is_one_channel(receiver: Receiver):
    two = channels(receiver, "one", "two", "one")
    assert [channel.name for channel in two] == ["channel 1", "channel 2"]


def test_log_has_no_part_of_the_url(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "apprise")
    receiver.refusing = {"two"}
    ledger, both = Ledger(), channels(receiver, "one", "two")
    said = deliver(ledger, both, [alert("A")], PLACES)
    assert receiver.asked.count("one") == receiver.asked.count("two") == 1
    shown = [*capfd.readouterr(), caplog.text, ledger.model_dump_json(), repr(both), repr(said)]
    assert not [text for text in shown if SECRET in text]
