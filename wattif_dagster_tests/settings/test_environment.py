"""Settings come from the environment and from `.env`, and nonsense is refused in a sentence."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.settings import (
    GROUPS,
    list_variables,
    load_or_refuse,
    read_env_file,
    refuse,
    set_environment,
)

ANY_VALUE = st.binary(max_size=50).map(lambda data: os.fsdecode(data.replace(b"\0", b""))) | (
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)


def test_environment_is_read() -> None:
    variables = {
        "WATTIF_TARGET": "gcp",
        "WATTIF_PROJECT": "some-project",
        "WATTIF_BUCKET": "some.bucket_1",
        "WATTIF_TABLE_TYPE": "external",
        "WATTIF_HOME": "/somewhere",
        "WATTIF_SIMULATION__METERS": "1000",
        "WATTIF_SIMULATION__START_DATE": "2024-02-29",
        "WATTIF_INGEST__COMPRESSION": "gzip",
    }
    with set_environment(variables):
        settings = Settings.load()
    assert settings.target == "gcp"
    assert (settings.project, settings.bucket) == ("some-project", "some.bucket_1")
    assert settings.table_type == "external"
    assert settings.endpoints_file == Path("/somewhere/endpoints.json")
    assert (settings.simulation.meters, settings.simulation.start_date) == (1000, "2024-02-29")
    assert settings.simulation.seed == 7
    assert settings.ingest.compression == "gzip"


def test_homes_live_in_the_time_zone_of_the_settings() -> None:
    with set_environment({"WATTIF_TIMEZONE": "Europe/Berlin", "WATTIF_HOLIDAYS": "DE-BY"}):
        simulation = Settings.load().simulation
        again = Settings.load(simulation=simulation.model_dump()).simulation
    assert (simulation.timezone, simulation.holidays) == ("Europe/Berlin", "DE-BY")
    assert again == simulation


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WATTIF_BUCKET=of-the-file\nWATTIF_DATASET=of_the_file\n")
    with (
        read_env_file(tmp_path / ".env"),
        set_environment({"WATTIF_DATASET": "of_the_environment"}),
    ):
        settings = Settings.load()
    assert (settings.bucket, settings.dataset) == ("of-the-file", "of_the_environment")


def test_overrides_win_unless_they_are_none() -> None:
    with set_environment({"WATTIF_BUCKET": "of-the-environment"}):
        assert Settings.load(bucket="given").bucket == "given"
        assert Settings.load(bucket=None).bucket == "of-the-environment"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("WATTIF_TARGET", "aws", "WATTIF_TARGET: Input should be 'local' or 'gcp'."),
        ("WATTIF_BUCKET", "No_Bucket", "WATTIF_BUCKET: 'No_Bucket' is not a bucket name; use 3 to"),
        ("WATTIF_BUCKET", "ab", "WATTIF_BUCKET: 'ab' is not a bucket name"),
        ("WATTIF_DATASET", "a-b", "WATTIF_DATASET: 'a-b' is not a dataset name; use letters,"),
        ("WATTIF_PROJECT", "`; DROP", "WATTIF_PROJECT: '`; DROP' is not a project id; use 6 to 30"),
        (
            "WATTIF_LOCATION",
            "a/dataScans/b",
            "WATTIF_LOCATION: 'a/dataScans/b' is not a region; use",
        ),
        (
            "WATTIF_LOCATION",
            "US",
            "WATTIF_LOCATION: 'US' is not a region; use one like us-central1",
        ),
        ("WATTIF_BIGQUERY_LOCATION", "1", "WATTIF_BIGQUERY_LOCATION: '1' is not a location; use"),
        (
            "WATTIF_IMPERSONATE",
            "a@b/c",
            "WATTIF_IMPERSONATE: 'a@b/c' is not a service account;",
        ),
        (
            "WATTIF_SIMULATION__METERS",
            "0",
            "WATTIF_SIMULATION__METERS: Input should be greater",
        ),
        ("WATTIF_SIMULATION__METERS", "many", "WATTIF_SIMULATION__METERS: Input should be a valid"),
        (
            "WATTIF_SIMULATION__START_DATE",
            "2024-02-30",
            "WATTIF_SIMULATION__START_DATE: '2024-02-30' is not a date; write it as YYYY-MM-DD",
        ),
        (
            "WATTIF_SIMULATION__INTERVAL_SECONDS",
            "7",
            "WATTIF_SIMULATION__INTERVAL_SECONDS: 7 seconds do not divide an hour; use one of 1, 2",
        ),
        ("WATTIF_SIMULATION__INCIDENT", "surge", "WATTIF_SIMULATION: incident='surge' needs an"),
        ("WATTIF_SIMULATION", "garbage", "WATTIF_SIMULATION is not JSON. Write it like WATTIF_SIM"),
        ("WATTIF_SIMULATION", "5", "WATTIF_SIMULATION: Input should be a valid dictionary"),
        ("WATTIF_SIMULATION", '{"metres": 5}', "There is no setting WATTIF_SIMULATION__METRES."),
        ("WATTIF_SIMULATION", "[" * 100_000, "WATTIF_SIMULATION is not JSON. Write it like"),
        ("WATTIF_INGEST", "{", "WATTIF_INGEST is not JSON. Write it like WATTIF_INGEST='{"),
        ("WATTIF_INGEST__COMPRESSION", "zip", "WATTIF_INGEST__COMPRESSION: Input should be 'none'"),
        (
            "WATTIF_INGEST__SPOOL_BUDGET_MIB",
            "1",
            "WATTIF_INGEST__SPOOL_BUDGET_MIB: Input should",
        ),
        ("WATTIF_AUTH", "key", "WATTIF_AUTH: Input should be 'application_default', 'key_file'"),
        (
            "WATTIF_TIMEZONE",
            "Europe/Berln",
            "WATTIF_TIMEZONE: 'Europe/Berln' is not an IANA time zone; the nearest is",
        ),
        ("WATTIF_HOLIDAYS", "DE-Y", "WATTIF_HOLIDAYS: 'DE-Y' has no known holidays; the"),
        (
            "WATTIF_SIMULATION__TIMEZONE",
            "UTC",
            "There is no setting WATTIF_SIMULATION__TIMEZONE. Did you mean WATTIF_TIMEZONE?",
        ),
        (
            "WATTIF_SIMULATION",
            '{"timezone": "Europe/Berlin"}',
            "WATTIF_SIMULATION: timezone is no option of the simulation; set WATTIF_TIMEZONE.",
        ),
        ("WATTIF_ALERTS__DAYS", "4", "WATTIF_ALERTS: 4 of 3 days can never be reached."),
    ],
    ids=lambda value: value[:40],
)
def test_nonsense_is_refused_by_its_variable(variable: str, value: str, sentence: str) -> None:
    assert refuse({variable: value}).startswith(sentence)


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, int("9" * 4000)])
@pytest.mark.parametrize("option", ["SEED", "METERS", "ANOMALY_DAYS"])
def test_numbers_beyond_64_bits_are_refused(option: str, number: int) -> None:
    variable = f"WATTIF_SIMULATION__{option}"
    assert refuse({variable: str(number)}).startswith(f"{variable}: Input should be ")
    as_json = {"WATTIF_SIMULATION": f'{{"{option.lower()}": {number}}}'}
    assert refuse(as_json).startswith(f"{variable}: Input should be ")


def test_every_wrong_value_has_its_sentence() -> None:
    wrong = {"WATTIF_BUCKET": "A", "WATTIF_DATASET": "a b", "WATTIF_SIMULATION__METERS": "0"}
    refusal = refuse(wrong)
    assert all(f"{variable}: " in refusal for variable in wrong)
    assert refusal.count(". WATTIF_") == 2


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        ("key_file", r"^WATTIF_AUTH=key_file needs WATTIF_KEY_FILE\.$"),
        ("impersonation", r"^WATTIF_AUTH=impersonation needs WATTIF_IMPERSONATE\.$"),
    ],
)
def test_incomplete_credentials_are_refused(auth: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Settings.load(target="gcp", auth=auth)
    assert Settings.load(target="local", auth=auth).auth == auth


@pytest.mark.parametrize(
    ("dataset", "region"),
    [
        ("US", "us-west4"),
        ("us", "us-central1"),
        ("EU", "europe-north1"),
        ("europe-west2", "europe-west2"),
        ("ASIA-SOUTHEAST1", "asia-southeast1"),
    ],
)
def test_region_of_the_dataset_is_accepted(dataset: str, region: str) -> None:
    settings = Settings.load(bigquery_location=dataset, location=region)
    assert (settings.bigquery_location, settings.location) == (dataset, region)


@pytest.mark.parametrize(
    ("dataset", "region"),
    [
        ("US", "europe-west1"),
        ("US", "northamerica-northeast1"),
        ("EU", "us-central1"),
        ("EU", "europe-west2"),
        ("EU", "europe-west6"),
        ("us-east1", "us-central1"),
        ("ASIA", "asia-east1"),
    ],
)
def test_region_away_from_the_dataset_is_refused(dataset: str, region: str) -> None:
    variables = {"WATTIF_BIGQUERY_LOCATION": dataset, "WATTIF_LOCATION": region}
    assert refuse(variables) == (
        f"WATTIF_LOCATION={region} does not lie in WATTIF_BIGQUERY_LOCATION={dataset}, so Dataplex "
        "there could not scan the dataset; set one of the two."
    )


@pytest.mark.parametrize("detector", ["arima_plus", "ai_detect_anomalies"])
def test_detectors_of_bigquery_ml_need_google_cloud(detector: str) -> None:
    variables = {"WATTIF_DETECTION__DETECTOR": detector}
    assert refuse(variables) == (
        f"WATTIF_DETECTION__DETECTOR={detector} needs BigQuery ML, which the local cloud does "
        "not have; set it to layered, or set WATTIF_TARGET=gcp."
    )
    with set_environment(variables):
        assert Settings.load(target="gcp").detection.detector == detector


@pytest.mark.parametrize("variable", [*list_variables(), *GROUPS])
def test_empty_variables_mean_the_default(variable: str, tmp_path: Path) -> None:
    defaults = Settings.load()
    assert load_or_refuse({variable: ""}) == defaults
    (tmp_path / ".env").write_text(f"{variable}=\n")
    with read_env_file(tmp_path / ".env"):
        assert load_or_refuse() == defaults


@given(variable=st.sampled_from([*list_variables(), *GROUPS]), value=ANY_VALUE)
def test_any_value_is_accepted_or_refused(variable: str, value: str) -> None:
    refusal = load_or_refuse({variable: value})
    assert isinstance(refusal, Settings) or variable.partition("__")[0] in refusal
