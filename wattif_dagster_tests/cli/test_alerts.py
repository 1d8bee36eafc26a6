"""`wattif alerts test`: a sample message, sent to channels that are HTTP servers, or printed."""

import json

from wattif_dagster import schemas
from wattif_dagster.cli.alerts import make_sample_alerts
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.receiver import SECRET, receiving


def test_sample_is_sent_to_every_channel(wattif: Run):
    with receiving() as receiver:
        urls = json.dumps([receiver.url("one"), receiver.url("two")])
        done = wattif("alerts", "test", WATTIF_ALERTS__NOTIFY_URLS=urls)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "channel 1 took 2 alerts.",
        "channel 2 took 2 alerts.",
    ]
    for channel in ("one", "two"):
        (body,) = receiver.bodies(channel)
        assert "SAMPLE1" in body[0]
        assert "a test" in body[-1]


def test_channel_that_refuses_fails_the_command(wattif: Run):
    with receiving() as receiver:
        receiver.refusing.add("one")
        urls = json.dumps([receiver.url("one")])
        done = wattif("alerts", "test", WATTIF_ALERTS__NOTIFY_URLS=urls)
    assert done.returncode == 1
    assert done.stdout == "channel 1 did not take 2 alerts.\n"
    assert SECRET not in done.stdout + done.stderr


def test_sample_is_printed_without_channels(wattif: Run):
    done = wattif("alerts", "test")
    assert (done.returncode, done.stderr) == (0, "")
    assert "No channel is set." in done.stdout
    assert "WattIf: 2 new alerts\nSAMPLE1 since " in done.stdout


def test_sample_has_the_columns_of_alerts():
    for alert in make_sample_alerts():
        assert tuple(alert) == schemas.ANOMALY_ALERTS.column_names
