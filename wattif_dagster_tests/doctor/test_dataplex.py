"""The region of Dataplex: that it answers, and which one is proposed."""

import pytest

from wattif_dagster.settings.locations import choose_region, contains
from wattif_dagster_tests.doctor.conftest import Diagnose
from wattif_dagster_tests.support.google_apis import SCANS, GoogleApis, error


def test_region_that_does_not_answer_is_changed(diagnose: Diagnose, apis: GoogleApis) -> None:
    message = "Permission denied on 'locations/us-central1' (or it may not exist)."
    apis.answers[SCANS] = error(403, message)
    found = diagnose()["Dataplex region"]
    assert found.verdict == "wrong"
    assert message in found.text
    assert found.command == "export WATTIF_LOCATION=us-central1"


@pytest.mark.parametrize(
    ("location", "dataset", "lies"),
    [
        ("us-east4", "US", True),
        ("US-EAST4", "us", True),
        ("europe-north1", "EU", True),
        ("europe-west2", "EU", False),
        ("europe-west6", "EU", False),
        ("US", "us-east4", False),
        ("us-east1", "us-east4", False),
        ("asia-east1", "asia-east1", True),
    ],
)
def test_regions_lie_in_their_multi_region(location: str, dataset: str, lies: bool) -> None:
    assert contains(dataset, location) is lies


@pytest.mark.parametrize("dataset", ["US", "EU", "asia-east1"])
def test_chosen_region_lies_in_the_location(dataset: str) -> None:
    assert contains(dataset, choose_region(dataset))
