"""Variables that set nothing are refused, in the environment and in `.env`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.settings import (
    GROUPS,
    list_variables,
    load_or_refuse,
    read_env_file,
    refuse,
)

MISSPELT = {
    "WATTIF_METERS": "WATTIF_SIMULATION__METERS",
    "WATTIF_METER": "WATTIF_SIMULATION__METERS",
    "WATTIF_SIMULATION_METERS": "WATTIF_SIMULATION__METERS",
    "WATTIF_SIMULATION__METRES": "WATTIF_SIMULATION__METERS",
    "WATTIF_SIMULATION__METERS__X": "WATTIF_SIMULATION__METERS",
    "WATTIF_COMPRESSION": "WATTIF_INGEST__COMPRESSION",
    "WATTIF_NOTIFY_URL": "WATTIF_ALERTS__NOTIFY_URLS",
    "WATTIF_SCAN__LABELS__TEAM": "WATTIF_SCAN__LABELS",
    "WATTIF_BUCKETS": "WATTIF_BUCKET",
    "WATTIF_KEYFILE": "WATTIF_KEY_FILE",
    "WATTIF__HOME": "WATTIF_HOME",
    "wattif_datasets": "WATTIF_DATASET",
}


@pytest.mark.parametrize("variable", MISSPELT)
def test_misspelt_variable_is_refused(variable: str) -> None:
    assert refuse({variable: "1"}) == (
        f"There is no setting {variable}. Did you mean {MISSPELT[variable]}?"
    )


@pytest.mark.parametrize("variable", MISSPELT)
def test_misspelt_variable_in_the_file_is_refused(variable: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"OTHER=1\nexport {variable}=1\n")
    with read_env_file(file):
        assert refuse() == (
            f"There is no setting {variable} in {file}. Did you mean {MISSPELT[variable]}?"
        )


@pytest.mark.parametrize("variable", ["WATTIF_", "WATTIF_XYZ", "WATTIF_TEST_GCP_PROJECT__ZZZZZZ"])
def test_variable_like_no_other_is_refused(variable: str) -> None:
    assert refuse({variable: "1"}) == (
        f"There is no setting {variable}. docs/settings.md lists all settings."
    )


@pytest.mark.parametrize("variable", list_variables())
def test_variable_without_its_group_finds_it(variable: str) -> None:
    group, _, option = variable.rpartition("__")
    if group and f"WATTIF_{option}" not in list_variables():
        assert f"Did you mean {variable}?" in refuse({f"WATTIF_{option}": "1"})


def test_variables_of_kubernetes_are_ignored() -> None:
    """A Service that is named `wattif` sets them in every pod beside it."""
    variables = {
        "WATTIF_SERVICE_HOST": "10.0.0.1",
        "WATTIF_SERVICE_PORT": "80",
        "WATTIF_SERVICE_PORT_HTTP": "80",
        "WATTIF_PORT": "tcp://10.0.0.1:80",
        "WATTIF_PORT_80_TCP": "tcp://10.0.0.1:80",
        "WATTIF_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert load_or_refuse(variables) == Settings.load()


@pytest.mark.parametrize(
    ("variable", "value", "example"),
    [
        ("WATTIF_ALERTS__NOTIFY_URLS", "slack://token-a/token-b", '["a", "b"]'),
        ("WATTIF_SCAN__RECIPIENTS", "a@example.com,b@example.com", '["a", "b"]'),
        ("WATTIF_SCAN__LABELS", "team=energy", '{"a": "b"}'),
    ],
)
def test_list_that_is_not_json_shows_how_to_write_it(
    variable: str, value: str, example: str, tmp_path: Path
) -> None:
    assert (
        refuse({variable: value})
        == f"{variable} is not JSON. Write it like {variable}='{example}'."
    )
    file = tmp_path / ".env"
    file.write_text(f"{variable}={value}\n")
    with read_env_file(file):
        assert refuse().startswith(f"{variable} in {file} is not JSON. Write it like ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WATTIF_SCAN__RECIPIENTS", '{"a": "b"}'),
        ("WATTIF_SCAN__RECIPIENTS", "[1]"),
        ("WATTIF_SCAN__LABELS", '["a"]'),
        ("WATTIF_SCAN__LABELS", '{"a": 1}'),
    ],
)
def test_list_of_the_wrong_kind_names_its_variable(variable: str, value: str) -> None:
    assert refuse({variable: value}).startswith(f"{variable}: Input should be a valid ")


NAMES = st.text(st.sampled_from("ABKMSTE_"), max_size=12).map("WATTIF_{}".format)


@given(st.sampled_from([*list_variables(), *MISSPELT]) | NAMES)
def test_any_name_is_a_setting_or_refused(variable: str) -> None:
    refusal = load_or_refuse({variable: ""})
    if variable in list_variables() or variable in GROUPS:
        assert isinstance(refusal, Settings)
    else:
        assert isinstance(refusal, str)
        assert refusal.startswith(f"There is no setting {variable}. ")
