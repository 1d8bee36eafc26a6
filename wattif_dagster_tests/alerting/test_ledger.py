"""The ledger, as a sensor's cursor; and the messages."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.alerting.ledger import RETRIES, Ledger
from wattif_dagster.alerting.message import LINES, write_message
from wattif_dagster.errors import UserError

DAY = date(2024, 3, 31)
ALERTS = st.builds(
    lambda serial, days: {
        "alert_id": f"MAC{serial:08d}:{DAY + timedelta(days=days)}",
        "serial": f"MAC{serial:08d}",
        "status": "open",
        "opened_on": DAY + timedelta(days=days),
        "days_flagged": 2,
        "reason": "rule:missing",
    },
    st.integers(0, 3),
    st.integers(-2, 2),
)
BATCHES = st.lists(ALERTS, max_size=30, unique_by=lambda alert: alert["alert_id"])


@given(st.lists(st.tuples(st.sampled_from("ab"), BATCHES, st.booleans()), max_size=20))
def test_alert_is_sent_until_taken_or_given_up(evaluations):
    ledger = Ledger()
    answers: dict[tuple[str, str], list[bool]] = {}
    for channel, alerts, taken in evaluations:
        ledger = Ledger.parse(ledger.model_dump_json())
        due = ledger.select_due(channel, alerts)
        given_up = ledger.record(channel, due, taken)
        for alert_id in (alert["alert_id"] for alert in due):
            answers.setdefault((channel, alert_id), []).append(taken)
            tries = answers[channel, alert_id]
            assert True not in tries[:-1]
            assert (alert_id in given_up) == (not taken and len(tries) == 1 + RETRIES)
    assert all(len(tries) <= 1 + RETRIES for tries in answers.values())


@given(BATCHES, st.booleans())
def test_only_recent_alerts_are_kept(alerts, taken):
    ledger = Ledger()
    ledger.record("a", alerts, taken)
    ledger.forget(opened_before=DAY)
    kept = ledger.settled["a"] | ledger.failures["a"].keys()
    assert kept == {a["alert_id"] for a in alerts if a["opened_on"] >= DAY}


@given(st.text() | st.sampled_from(['{"seen": "x"}', '{"told": 1}', "[]", "null", "7"]))
def test_any_cursor_is_a_ledger_or_refused(cursor: str):
    refusal = "Clear it in the Dagster UI"
    try:
        Ledger.parse(cursor)
    except UserError as error:
        refusal = str(error)
    assert "Clear it in the Dagster UI" in refusal


def test_missing_cursor_is_an_empty_ledger():
    assert Ledger.parse(None) == Ledger() == Ledger.parse(Ledger().model_dump_json())
    with pytest.raises(UserError):
        Ledger.parse("{")


@given(st.lists(ALERTS, min_size=1, max_size=30))
def test_message_counts_all_alerts_in_few_lines(alerts):
    message = write_message(alerts, ["in some.table"])
    lines = message.body.splitlines()
    assert message.title.startswith(f"WattIf: {len(alerts)} new alert")
    assert lines[-1] == "in some.table"
    assert len(lines) == min(len(alerts), LINES) + (len(alerts) > LINES) + 1
    if len(alerts) > LINES:
        assert lines[-2] == f"and {len(alerts) - LINES} more"
