"""What is stored and read in BigQuery, what its limits say of it, and what all of it costs."""

from typing import Any

import pytest

from wattif_dagster import schemas
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.bigquery import (
    count_row_bytes,
    estimate_warehouse,
)
from wattif_dagster.planning.calibration import Calibration
from wattif_dagster.planning.cost import GIB, TIB, Amounts, compute_cost
from wattif_dagster.planning.prices import load_prices
from wattif_dagster.planning.quotas import find_warnings
from wattif_dagster.planning.reads import READS
from wattif_dagster.planning.size import Size, compute_size
from wattif_dagster.settings.ingest import IngestOptions

RAW, GZIP = 660_000, 60_000
"""Bytes of a meter's day, uncompressed and not."""
FLAGS_ROW, EVALUATION_ROW = 13 + 8 + 8 + 1 + 14, 13 + 8 + 8
"""Bytes of a row of the scores that anomaly_alerts and detector_evaluation read."""


def sized(meters: int, days: int = 1, **options: Any) -> Size:
    plain = Calibration(1, 8640, RAW, RAW, 0.001)
    gzip = Calibration(1, 8640, RAW, GZIP, 0.002)
    return compute_size([meters] * days, IngestOptions(**options), plain, gzip)


def said(meters: int, days: int = 1, external: bool = False, **options: Any) -> list[str]:
    ingest = IngestOptions(**options)
    return find_warnings(sized(meters, days, **options), Simulation(), ingest, external)


def test_no_warning_below_the_limits() -> None:
    assert said(100_000, days=1_500) == []


@pytest.mark.parametrize(
    ("meters", "options", "fix"),
    [
        (100_001, {}, "Set WATTIF_INGEST__METERS_PER_OBJECT=11"),
        (
            200_000,
            {},
            "Set WATTIF_INGEST__COMPRESSION=gzip and WATTIF_INGEST__METERS_PER_OBJECT=20",
        ),
        (
            1_000_000,
            {"compression": "gzip"},
            "METERS_PER_OBJECT=51, which makes the fewest",
        ),
        (
            1_000_000,
            {"compression": "gzip", "meters_per_object": 51},
            "Larger objects are not possible. WATTIF_TABLE_TYPE=external needs no load jobs.",
        ),
    ],
)
def test_too_many_objects_name_the_setting(meters: int, options: dict[str, Any], fix: str) -> None:
    (sentence,) = said(meters, **options)
    assert "above the 10,000 URIs of a load job" in sentence
    assert fix in sentence
    assert said(meters, external=True, **options) == []


def test_named_setting_fixes_it() -> None:
    assert said(100_001, meters_per_object=11) == []
    assert said(200_000, meters_per_object=20, compression="gzip") == []


def test_day_above_a_load_job_names_the_setting() -> None:
    assert any(
        "19.8 TB a day are above the 15 TB of a load job. Set WATTIF_INGEST__COMPRESSION=gzip."
        in one
        for one in said(30_000_000)
    )
    assert not any("TB" in one for one in said(30_000_000, compression="gzip"))
    huge = said(300_000_000, compression="gzip")
    assert any("Raise WATTIF_SIMULATION__INTERVAL_SECONDS." in one for one in huge)


def test_more_load_jobs_than_a_day_allows() -> None:
    (sentence,) = said(100, days=1_501)
    assert (
        "1,501 days need as many load jobs of a table, above the 1,500 of a calendar day. "
        in sentence
    )


def test_row_bytes_are_those_of_the_columns() -> None:
    assert count_row_bytes(schemas.METER_READINGS) == 13 + 8 + 8
    assert count_row_bytes(schemas.HOURLY_CONSUMPTION) == 13 + 8 + 4 * 8 + 8
    for read in READS:
        assert set(read.columns) <= set(read.table.column_names)
        assert count_row_bytes(read.table, read.columns) > 0


def test_first_day_reads_readings_twice() -> None:
    made = [estimate_warehouse([1], rows, RAW, external=False).query_bytes for rows in (0, 8640)]
    assert made[1] - made[0] == 2 * 8640 * 29


def test_queries_read_as_much_history_as_there_is() -> None:
    """A day more adds its own bytes, and what the queries read again of the days before it."""
    added = []
    for days in (1, 2, 46, 47, 48, 49):
        made = [
            estimate_warehouse([1] * n, 0, 0, external=False).query_bytes for n in (days, days + 1)
        ]
        added.append(made[1] - made[0])
    assert added == sorted(added)
    assert added[0] < added[1] < added[2]
    assert added[-3] == added[-2] == added[-1]


def test_queries_of_a_million_meters_match_a_hand_count() -> None:
    """By hand, in bytes a meter: its days of history, its fit, its deviations, and its hours."""
    steady = [estimate_warehouse([10**6] * n, 0, 0, external=False).query_bytes for n in (50, 51)]
    roll_up, fleet = 24 * ((8 + 8) + (13 + 3 * 8)), 6 * 29 * 24 * (3 * 8)
    scores = 24 * (2 * count_row_bytes(schemas.ANOMALY_SCORES) - 1)
    scores += 24 * (FLAGS_ROW + (8 + 8) + EVALUATION_ROW)
    history = 42 * (13 + 29 * 8)
    fit = (52 * 21 + 28 * 64) + (52 * 8 + 28 * 8) + (52 * 21 + 24 * 24)
    baseline, today = 13 + 69 * 8, 13 + 27 * 8
    deviations = 2 * 40 + 24 + (13 + 1 + 113 * 8) + 35 * 86
    evidence = 3 * ((13 + 25 * 8) + (13 + 2 * 8 + 1)) + 7 * 8 + 2 * (13 + 7 * 8)
    bounds = (13 + 49 * 8) + (13 + 4 * 8)
    hours = 2 * 24 * 53 + 2 * 24 * 45 + 28 * (13 + 5 * 8) + 21
    report = 24 * EVALUATION_ROW + (13 + 25 * 8) + (13 + 26 * 8)
    by_hand = (
        report + roll_up + history + fit + baseline + today + deviations + evidence + bounds + hours
    )
    assert steady[1] - steady[0] == 10**6 * (scores + by_hand) + fleet


def test_external_table_is_read_as_json() -> None:
    native = estimate_warehouse([5, 6], rows=1000, raw_bytes=76_000, external=False)
    external = estimate_warehouse([5, 6], rows=1000, raw_bytes=76_000, external=True)
    assert native.stored_bytes - external.stored_bytes == 1000 * 29
    assert external.query_bytes - native.query_bytes == 2 * (76_000 - 29_000)


def test_time_is_that_of_the_set_compression() -> None:
    assert sized(1000).rendering_seconds == pytest.approx(1)
    assert sized(1000, compression="gzip").rendering_seconds == pytest.approx(2)


def test_spool_holds_its_budget_or_a_day() -> None:
    assert sized(10).spool_bytes == 10 * RAW
    assert sized(10_000, spool_budget_mib=8).spool_bytes == 8 * 2**20


def test_costs_are_amounts_times_prices() -> None:
    amounts = Amounts(
        class_a=2_000_000,
        class_b=3_000_000,
        loaded_bytes=100 * GIB,
        query_bytes=4 * TIB,
        bucket_bytes=100 * GIB,
        warehouse_bytes=50 * GIB,
    )
    prices = load_prices()
    prices = prices.model_copy(
        update={"bigquery": prices.bigquery.model_copy(update={"load_gib": 0.5})}
    )
    cost = compute_cost(amounts, prices)
    assert (cost.class_a, cost.class_b) == (pytest.approx(10), pytest.approx(1.2))
    assert (cost.load_jobs, cost.queries) == (50, 25)
    assert cost.once == pytest.approx(10 + 1.2 + 50 + 25)
    assert cost.month == pytest.approx(100 * 0.020 + 50 * 0.02)
