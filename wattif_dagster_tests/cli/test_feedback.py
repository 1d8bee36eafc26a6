"""wattif feedback, on flagged days planted here."""

from datetime import date

from wattif_dagster import schemas
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.warehouse import add_rows, make_flagged_day


def test_feedback_is_kept_and_listed(wattif: Run, settings: Settings):
    bigquery = build_resources(settings)["wattif_bigquery"]
    add_rows(bigquery, schemas.FLAGGED_DAYS, [make_flagged_day("M1", date(2024, 5, 1))])
    assert wattif("feedback").stdout == "Nobody gave any feedback.\n"
    said = wattif("feedback", "M1", "--verdict", "fault", "--note", "no seal")
    assert (said.returncode, said.stdout) == (0, "M1: fault.\n")
    rests = wattif("feedback", "M1", "--verdict", "benign", "--snooze", "30d")
    assert rests.stdout.startswith("M1: benign; its alerts rest until 20")
    listed = wattif("feedback").stdout
    assert "benign" in listed
    assert "fault" not in listed


def test_wrong_feedback_is_one_sentence(wattif: Run):
    unknown = wattif("feedback", "M9", "--verdict", "theft")
    assert unknown.returncode == 1
    assert unknown.stderr == "wattif: No day of M9 was ever flagged. Check the serial.\n"
    for words in (["M9"], ["--verdict", "theft"]):
        refused = wattif("feedback", *words)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr
