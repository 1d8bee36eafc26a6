"""Scan ids come from the dataset, unless they are set."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.settings import Settings
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster_tests.support.settings import load_or_refuse, refuse

DATASETS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,80}", fullmatch=True)


def make_ids(dataset: str) -> tuple[str, str]:
    options = ScanOptions().with_ids(dataset)
    assert options.scan_id
    assert options.meter_scan_id
    return options.scan_id, options.meter_scan_id


def test_ids_begin_with_the_dataset() -> None:
    assert make_ids("wattif") == ("wattif-fleet-anomalies", "wattif-meter-anomalies")


def test_ids_that_are_set_are_kept() -> None:
    options = ScanOptions(scan_id="mine").with_ids("wattif")
    assert (options.scan_id, options.meter_scan_id) == ("mine", "wattif-meter-anomalies")


@given(DATASETS)
def test_ids_are_valid_for_any_dataset(dataset: str) -> None:
    for scan_id in make_ids(dataset):
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,50}[a-z0-9])?", scan_id)
        ScanOptions(scan_id=scan_id)


@given(DATASETS, DATASETS)
def test_two_datasets_have_different_ids(one: str, other: str) -> None:
    assert len({*make_ids(one), *make_ids(other)}) == (2 if one == other else 4)


@pytest.mark.parametrize("dataset", ["Wattif", "wattif_", "_wattif", "wat_tif", "w" * 21])
def test_datasets_of_similar_names_have_own_ids(dataset: str) -> None:
    similar = ["wattif", "w" * 20, "Wattif_"]
    assert not set(make_ids(dataset)) & {scan_id for each in similar for scan_id in make_ids(each)}


def test_more_than_five_recipients_are_refused() -> None:
    def ask(number: int) -> dict[str, str]:
        return {"WATTIF_SCAN__RECIPIENTS": json.dumps([f"{n}@example.com" for n in range(number)])}

    assert refuse(ask(6)) == (
        "WATTIF_SCAN__RECIPIENTS: Dataplex mails a report to at most 5 addresses, not 6; use the "
        "address of a group."
    )
    settings = load_or_refuse(ask(5))
    assert isinstance(settings, Settings)
    assert len(settings.scan.recipients) == 5


@pytest.mark.parametrize("scan_id", ["A", "a_b", "1a", "a-", "a" * 53])
def test_invalid_scan_id_is_refused(scan_id: str) -> None:
    variable = "WATTIF_SCAN__SCAN_ID"
    assert refuse({variable: scan_id}).startswith(f"{variable}: String should match pattern ")
