"""Settings come from the environment; what makes no sense is said in a sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

GROUPS = [f"WATTIF_{name}" for name in ("SIMULATION", "INGEST", "DETECTION", "SCAN", "ALERTS")]


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The variables, for the time of a with block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def variable_names() -> list[str]:
    """Every variable that sets something."""
    names: list[str] = []
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        names += [f"{name}__{part}" for part in inner] if inner else [name]
    return [f"WATTIF_{name.upper()}" for name in names]


def test_the_environment_is_read() -> None:
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
    with environment(variables):
        settings = Settings.load()
    assert settings.target == "gcp"
    assert (settings.project, settings.bucket) == ("some-project", "some.bucket_1")
    assert settings.table_type == "external"
    assert settings.endpoints_file == Path("/somewhere/endpoints.json")
    assert (settings.simulation.meters, settings.simulation.start_date) == (1000, "2024-02-29")
    assert settings.simulation.seed == 7
    assert settings.ingest.compression == "gzip"


def test_a_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("WATTIF_BUCKET=of-the-file\nWATTIF_DATASET=of_the_file\n")
    monkeypatch.setitem(Settings.model_config, "env_file", str(tmp_path / ".env"))
    with environment({"WATTIF_DATASET": "of_the_environment"}):
        settings = Settings.load()
    assert (settings.bucket, settings.dataset) == ("of-the-file", "of_the_environment")


def test_what_is_given_wins_unless_it_is_none() -> None:
    with environment({"WATTIF_BUCKET": "of-the-environment"}):
        assert Settings.load(bucket="given").bucket == "given"
        assert Settings.load(bucket=None).bucket == "of-the-environment"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("WATTIF_TARGET", "aws", "target: Input should be 'local' or 'gcp'"),
        ("WATTIF_BUCKET", "No_Bucket", "bucket: 'No_Bucket' is not a bucket name; use 3 to 63 of"),
        ("WATTIF_BUCKET", "ab", "bucket: 'ab' is not a bucket name"),
        ("WATTIF_DATASET", "a-b", "dataset: 'a-b' is not a dataset name; use letters, digits"),
        ("WATTIF_PROJECT", "`; DROP", "project: '`; DROP' is not a project id; use 6 to 30 of"),
        ("WATTIF_LOCATION", "a/dataScans/b", "location: 'a/dataScans/b' is not a location; use"),
        ("WATTIF_BIGQUERY_LOCATION", "", "bigquery_location: '' is not a location; use one like"),
        ("WATTIF_IMPERSONATE", "a@b/c", "impersonate: 'a@b/c' is not a service account; use its"),
        ("WATTIF_SIMULATION__METERS", "0", "simulation.meters: Input should be greater than"),
        ("WATTIF_SIMULATION__METERS", "many", "simulation.meters: Input should be a valid int"),
        ("WATTIF_SIMULATION__START_DATE", "2024-02-30", "'2024-02-30' is not a date; write it as"),
        ("WATTIF_SIMULATION__INTERVAL_SECONDS", "7", "interval_seconds=7 does not divide an hour"),
        ("WATTIF_SIMULATION", "garbage", '"simulation"'),
        ("WATTIF_INGEST", "{", "it must be JSON, or set one by one, e.g. WATTIF_SIM"),
        ("WATTIF_INGEST__COMPRESSION", "zip", "ingest.compression: Input should be 'none' or"),
        ("WATTIF_INGEST__SPOOL_BUDGET_MIB", "1", "ingest.spool_budget_mib: Input should be"),
        ("WATTIF_AUTH", "key", "auth: Input should be 'application_default', 'key_file'"),
    ],
)
def test_nonsense_is_said_in_a_sentence(variable: str, value: str, sentence: str) -> None:
    with environment({variable: value}), pytest.raises(UserError) as caught:
        Settings.load()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("WATTIF_BUCKETS", "there is no setting WATTIF_BUCKETS; docs/settings.md lists them"),
        ("WATTIF_TARGET__FOO", "there is no setting WATTIF_TARGET__FOO"),
        ("WATTIF_KEY_FILE__FOO", "there is no setting WATTIF_KEY_FILE__FOO"),
        ("WATTIF__HOME", "there is no setting WATTIF__HOME"),
        ("WATTIF_TEST_GCP_BUCKET__FOO", "there is no setting WATTIF_TEST_GCP_BUCKET__FOO"),
        *((f"{group}__FOO", f"{group[7:].lower()}.foo: Extra inputs") for group in GROUPS),
    ],
)
def test_a_variable_that_sets_nothing_is_refused(variable: str, sentence: str) -> None:
    with environment({variable: "1"}), pytest.raises(UserError) as caught:
        Settings.load()
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        ("key_file", "auth=key_file needs WATTIF_KEY_FILE"),
        ("impersonation", "auth=impersonation needs WATTIF_IMPERSONATE"),
    ],
)
def test_incomplete_credentials_are_said(auth: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Settings.load(target="gcp", auth=auth)
    assert Settings.load(target="local", auth=auth).auth == auth


@pytest.mark.parametrize("detector", ["arima_plus", "ai_detect_anomalies"])
def test_a_detector_of_bigquery_ml_is_refused_on_the_local_cloud(detector: str) -> None:
    with environment({"WATTIF_DETECTION__DETECTOR": detector}):
        with pytest.raises(UserError) as caught:
            Settings.load()
        assert str(caught.value) == (
            f"WATTIF_DETECTION__DETECTOR={detector} needs BigQuery ML, which the local cloud does "
            "not have; set it to layered, or set WATTIF_TARGET=gcp"
        )
        assert Settings.load(target="gcp").detection.detector == detector


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(UserError, match=r"bucket: 'A' is not .*; dataset: 'a b' is not "):
        Settings.load(bucket="A", dataset="a b")


@given(
    variable=st.sampled_from([*variable_names(), *GROUPS]),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
def test_any_text_is_taken_or_refused(variable: str, value: str) -> None:
    refusal = None
    with environment({variable: value}):
        try:
            Settings.load()
        except UserError as error:
            refusal = str(error)
    assert refusal != ""
