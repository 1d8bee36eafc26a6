"""A leading `~` in a path is the user's home folder."""

from pathlib import Path

import pytest

from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.settings import refuse, set_environment

READERS = {
    "WATTIF_HOME": lambda settings: settings.home,
    "WATTIF_INGEST__SPOOL_DIR": lambda settings: settings.ingest.spool_dir,
    "WATTIF_KEY_FILE": lambda settings: settings.key_file,
    "WATTIF_SCAN__RULES": lambda settings: settings.scan.rules,
    "WATTIF_SCAN__METER_RULES": lambda settings: settings.scan.meter_rules,
}


@pytest.mark.parametrize("variable", READERS)
def test_tilde_is_expanded(variable: str, tmp_path: Path) -> None:
    with set_environment({"HOME": str(tmp_path), variable: "~/some/path"}):
        assert Path(READERS[variable](Settings.load())) == tmp_path / "some/path"


@pytest.mark.parametrize("variable", READERS)
def test_tilde_elsewhere_is_kept(variable: str) -> None:
    with set_environment({variable: "a/~/b"}):
        assert Path(READERS[variable](Settings.load())) == Path("a/~/b")


@pytest.mark.parametrize("variable", READERS)
def test_home_of_an_unknown_user_is_refused(variable: str) -> None:
    assert refuse({variable: "~no-such-user/x"}) == (
        f"{variable}: ~no-such-user/x begins with the home folder of a user who does not exist."
    )
