"""The channels' URLs are secrets of the settings."""

import json

import pytest
from pydantic import ValidationError

from wattif_dagster.errors import UserError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.receiver import SECRET, Receiver

VARIABLE = "WATTIF_ALERTS__NOTIFY_URLS"


def test_settings_and_resources_hide_the_urls(monkeypatch: pytest.MonkeyPatch):
    url = Receiver(port=80).url("one")
    monkeypatch.setenv(VARIABLE, json.dumps([url]))
    settings = Settings.load()
    assert [each.get_secret_value() for each in settings.alerts.notify_urls] == [url]
    assert SECRET not in f"{settings!r}{settings.model_dump_json()}{build_resources(settings)!r}"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            f'["json://127.0.0.1/", "nosuch://{SECRET}"]',
            ": apprise does not understand URL 2 of 2;",
        ),
        (
            f'["slack://{SECRET}"]',
            ": apprise does not understand URL 1 of 1; write it as https",
        ),
        (f'["{SECRET}"]', ": apprise does not understand URL 1 of 1"),
        (f"json://{SECRET}", " is not JSON."),
        (f'{{"{SECRET}": "{SECRET}"}}', ": Input should be a valid list"),
    ],
)
def test_unknown_url_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    value: str,
    sentence: str,
):
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(UserError) as caught:
        Settings.load()
    assert str(caught.value).startswith(f"{VARIABLE}{sentence}")
    assert "\n" not in str(caught.value)
    assert SECRET not in "".join([str(caught.value), caplog.text, *capfd.readouterr()])


def test_error_of_pydantic_hides_the_url(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, f'["nosuch://{SECRET}"]')
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert SECRET not in str(caught.value)
