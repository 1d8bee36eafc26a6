"""A bucket holds the days of one fleet, and refuses those of another one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.fleet import FleetRecord, claim_bucket, parse_record
from wattif_dagster.ingest.layout import FLEET_NAME
from wattif_dagster.metering.simulation import ADDED_LATER, Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.support.faults import Exchange, Proxy, lose_answer
from wattif_dagster_tests.support.landing import contents

SIMULATION = Simulation(meters=20, weather_shift_kelvin=0.1)
OTHER = SIMULATION.model_copy(update={"meters": 30})


def read_record(gcs: GcsTransferManager) -> FleetRecord:
    return parse_record(contents(gcs)[FLEET_NAME], FLEET_NAME)


def test_first_claim_records_the_fleet(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION)
    record = read_record(gcs)
    assert record.fingerprint == SIMULATION.fingerprint
    assert record.settings == SIMULATION.model_dump()


def test_same_fleet_claims_again(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION)
    before = gcs.read(FLEET_NAME)
    claim_bucket(gcs, SIMULATION.model_copy())
    assert gcs.read(FLEET_NAME) == before


def test_other_fleet_is_refused_by_its_settings(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION)
    before = gcs.read(FLEET_NAME)
    other = SIMULATION.model_copy(update={"meters": 30, "load": "household"})
    with pytest.raises(UserError) as caught:
        claim_bucket(gcs, other)
    assert str(caught.value) == (
        f"The bucket {gcs.uri} holds the days of another fleet: "
        "WATTIF_SIMULATION__METERS is 20 there, 30 here; "
        "WATTIF_SIMULATION__LOAD is uniform there, household here. "
        "Use the settings of that fleet, or set WATTIF_BUCKET to another bucket. To replace the "
        "fleet day by day, add --replace to `wattif generate` or `wattif backfill`."
    )
    assert gcs.read(FLEET_NAME) == before


def test_fleet_of_a_version_without_local_time_is_known(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION)
    record = read_record(gcs)
    older = {name: value for name, value in record.settings.items() if name not in ADDED_LATER}
    gcs.write(FLEET_NAME, record.model_copy(update={"settings": older}).model_dump_json().encode())
    claim_bucket(gcs, SIMULATION)
    elsewhere = SIMULATION.model_copy(update={"timezone": "Europe/Berlin", "homes": "restless"})
    with pytest.raises(UserError) as caught:
        claim_bucket(gcs, elsewhere)
    assert "WATTIF_TIMEZONE is UTC there, Europe/Berlin here" in str(caught.value)
    assert "WATTIF_SIMULATION__HOMES is calm there, restless here" in str(caught.value)


def test_refusal_names_at_most_five_settings(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION)
    other = Simulation(
        seed=8,
        start_date="2024-02-01",
        meters=1,
        daily_new_meters=3,
        daily_retired_meters=2,
        interval_seconds=60,
        load="household",
        weather_shift_kelvin=0.1,
    )
    with pytest.raises(UserError, match="DAILY_RETIRED_METERS") as caught:
        claim_bucket(gcs, other)
    assert str(caught.value).count("there, ") == 5
    assert "; and 2 more. Use the settings" in str(caught.value)


def test_fleet_of_another_version_is_refused(gcs: GcsTransferManager) -> None:
    """Its settings are the same, but they mean something else."""
    claim_bucket(gcs, SIMULATION)
    record = read_record(gcs)
    changed = record.model_copy(update={"fingerprint": "0" * 16})
    gcs.write(FLEET_NAME, changed.model_dump_json().encode())
    with pytest.raises(UserError, match="another fleet: made by another version"):
        claim_bucket(gcs, SIMULATION)


def test_replace_records_the_new_fleet(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION)
    claim_bucket(gcs, OTHER, replace=True)
    claim_bucket(gcs, OTHER)
    with pytest.raises(UserError, match="METERS is 30 there, 20 here"):
        claim_bucket(gcs, SIMULATION)


def test_replace_in_an_empty_bucket_records_it(gcs: GcsTransferManager) -> None:
    claim_bucket(gcs, SIMULATION, replace=True)
    claim_bucket(gcs, SIMULATION)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"fingerprint": 1, "settings": {}}'])
def test_damaged_record_is_refused_and_replaced(gcs: GcsTransferManager, data: bytes) -> None:
    gcs.write(FLEET_NAME, data)
    with pytest.raises(UserError, match=r"gs://\S+/registry/fleet\.json is damaged\. Run "):
        claim_bucket(gcs, SIMULATION)
    claim_bucket(gcs, SIMULATION, replace=True)
    claim_bucket(gcs, SIMULATION)


@given(st.binary())
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    refusal = None
    try:
        parse_record(data, FLEET_NAME)
    except UserError as error:
        refusal = str(error)
    assert refusal is None or refusal.startswith(f"{FLEET_NAME} is damaged. ")


@pytest.fixture
def claim_at_once(
    gcs_proxy: Proxy, gcs: GcsTransferManager
) -> Callable[[list[Simulation]], list[Exception | None]]:
    """Claims the bucket for each of two fleets, neither of which finds a record at first."""
    both = Barrier(2, timeout=30)

    def answer_together(exchange: Exchange) -> None:
        answer = exchange.ask(exchange.body())
        both.wait()
        exchange.reply(*answer)

    def claim(simulation: Simulation) -> Exception | None:
        try:
            claim_bucket(gcs, simulation)
        except UserError as error:
            return error
        return None

    def claim_all(simulations: list[Simulation]) -> list[Exception | None]:
        gcs_proxy.on("GET", "fleet.json", answer_together, times=2)
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(claim, simulations))

    return claim_all


def test_two_first_writers_of_one_fleet_both_succeed(claim_at_once) -> None:
    assert claim_at_once([SIMULATION, SIMULATION]) == [None, None]


def test_of_two_first_fleets_one_is_refused(claim_at_once, gcs: GcsTransferManager) -> None:
    fleets = [SIMULATION, OTHER]
    outcomes = claim_at_once(fleets)
    (winner,) = [place for place, error in enumerate(outcomes) if error is None]
    assert "holds the days of another fleet" in str(outcomes[1 - winner])
    recorded = read_record(gcs)
    assert recorded.fingerprint == fleets[winner].fingerprint


def test_lost_answer_to_the_record_is_no_conflict(
    gcs_proxy: Proxy, gcs: GcsTransferManager
) -> None:
    """The client sends the request again, and finds what the first one wrote."""
    gcs_proxy.on("POST", "/upload/", lose_answer)
    claim_bucket(gcs, SIMULATION)
    assert gcs_proxy.exhausted
    assert read_record(gcs).fingerprint == SIMULATION.fingerprint
