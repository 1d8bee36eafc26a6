"""The query of the fleet's anomalies, run on the local BigQuery."""

import math
import statistics
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from wattif_dagster.defs.fleet_anomalies.query import MIN_HISTORY, fleet_anomalies_sql
from wattif_dagster.defs.hourly_consumption import asset as hourly_consumption
from wattif_dagster.detection.fleet import HISTORY_DAYS
from wattif_dagster.detection.steps import UTC
from wattif_dagster.errors import UserError
from wattif_dagster.local_time import LocalTime
from wattif_dagster.schemas import FLEET_ANOMALIES, FLEET_HOURS, HOURLY_CONSUMPTION
from wattif_dagster.settings import Endpoints
from wattif_dagster.sql import render_sql
from wattif_dagster.student_t import two_sided_probability

MONDAY = date(2024, 1, 29)
SATURDAY = date(2024, 1, 27)

Load = Callable[[date, int], float]
"""kWh of a meter in an hour of a day."""


@dataclass
class Warehouse:
    """A dataset of its own on the local BigQuery."""

    client: bigquery.Client
    dataset: str

    def fill(self, days: Iterable[date], *meters: Load, hours: Iterable[int] = range(24)) -> None:
        rows = [
            {
                "serial": f"MAC{meter:08d}",
                "time_hour_rolled": f"{day.isoformat()} {hour:02d}:00:00",
                "consumption_hour_rolled": load(day, hour),
            }
            for day in days
            for hour in hours
            for meter, load in enumerate(meters)
        ]
        table = f"{self.client.project}.{self.dataset}.{HOURLY_CONSUMPTION.name}"
        self.client.load_table_from_json(rows, table).result()

    def score(
        self,
        day: date,
        history_days: int = HISTORY_DAYS,
        threshold: float = 0.99,
        local_time: LocalTime = UTC,
    ) -> list[bigquery.Row]:
        name = f"{self.client.project}.{self.dataset}"
        select = render_sql(
            Path(hourly_consumption.__file__).with_name("fleet_hours.sql"),
            hourly_consumption=f"`{name}.{HOURLY_CONSUMPTION.name}`",
            hours_filter="TRUE",
        )
        statement = f"CREATE OR REPLACE TABLE `{name}.{FLEET_HOURS.name}` AS {select}"
        self.client.query(statement).result()
        sql = fleet_anomalies_sql(
            self.client.project, self.dataset, day, history_days, threshold, local_time
        )
        rows = self.client.query(sql).result()
        return sorted(rows, key=lambda row: (row.time, row.metric))


@pytest.fixture
def warehouse(local_cloud: Endpoints) -> Iterator[Warehouse]:
    client = bigquery.Client(
        project="wattif-local",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": local_cloud.bigquery},
    )
    dataset = f"fleet_{uuid.uuid4().hex}"
    client.create_dataset(dataset)
    columns = [bigquery.SchemaField(c.name, c.type) for c in HOURLY_CONSUMPTION.columns[:3]]
    client.create_table(
        bigquery.Table(f"{client.project}.{dataset}.{HOURLY_CONSUMPTION.name}", columns)
    )
    yield Warehouse(client, dataset)
    client.delete_dataset(dataset, delete_contents=True)
    client.close()


def list_days_before(day: date, count: int) -> list[date]:
    return [day - timedelta(days=back) for back in range(count, 0, -1)]


def make_noisy(mean: float = 0.45, sd: float = 0.02) -> Load:
    """Make normal values that are the same in any order of the calls."""
    return lambda day, hour: Random(f"{day} {hour}").gauss(mean, sd)


def test_columns_are_those_of_the_table(warehouse: Warehouse) -> None:
    warehouse.fill([*list_days_before(MONDAY, 6), MONDAY], make_noisy())
    rows = warehouse.score(MONDAY)
    assert tuple(rows[0].keys()) == FLEET_ANOMALIES.column_names
    assert [(row.time.hour, row.metric) for row in rows] == [
        (hour, metric) for hour in range(24) for metric in ("AVG", "MAX")
    ]
    assert {row.time.date() for row in rows} == {MONDAY}
    assert {row.column_name for row in rows} == {"consumption_hour_rolled"}


def test_bounds_are_the_predictive_interval_of_weekdays(
    warehouse: Warehouse,
) -> None:
    load = make_noisy()
    warehouse.fill(
        [*list_days_before(MONDAY, HISTORY_DAYS), MONDAY], load, lambda d, h: 2 * load(d, h)
    )
    weekdays = [day for day in list_days_before(MONDAY, HISTORY_DAYS) if day.weekday() < 5]
    assert len(weekdays) == 20
    for row in warehouse.score(MONDAY):
        factor = 1.5 if row.metric == "AVG" else 2
        hour = row.time.hour
        past = [factor * load(day, hour) for day in weekdays]
        value = factor * load(MONDAY, hour)
        scale = statistics.stdev(past) * math.sqrt(1 + 1 / 20)
        t = abs(value - statistics.mean(past)) / scale
        assert row.n_history == 20
        assert row.value == pytest.approx(value)
        assert row.anomaly_prob == pytest.approx(two_sided_probability(t, 19), abs=1e-9)
        # 2.860935: the two-sided 1% point of t with 19 degrees of freedom.
        assert row.upper_bound == pytest.approx(statistics.mean(past) + 2.860935 * scale, rel=1e-6)
        assert row.lower_bound == pytest.approx(statistics.mean(past) - 2.860935 * scale, rel=1e-6)


@pytest.mark.parametrize("threshold", [0.5, 0.99])
@pytest.mark.parametrize("days", [5, 6, 13, 28])
def test_value_is_flagged_exactly_when_outside_the_bounds(
    warehouse: Warehouse, days: int, threshold: float
) -> None:
    # The scored day swings four times as wide as its history: values fall on both sides.
    wide, narrow = make_noisy(sd=0.08), make_noisy()
    warehouse.fill(list_days_before(MONDAY, days), narrow)
    warehouse.fill([MONDAY], wide)
    flags = set()
    for row in warehouse.score(MONDAY, threshold=threshold):
        outside = not row.lower_bound <= row.value <= row.upper_bound
        assert row.is_anomaly == outside == (row.anomaly_prob > threshold)
        assert 0 <= row.anomaly_prob <= 1
        flags.add(outside)
    assert flags == {True, False}


def test_little_history_gives_nulls_and_its_length(warehouse: Warehouse) -> None:
    days = list_days_before(MONDAY, MIN_HISTORY)
    warehouse.fill([*days, MONDAY], make_noisy(), hours=[0])
    warehouse.fill([*days[1:], MONDAY], make_noisy(), hours=[1])
    warehouse.fill([MONDAY], make_noisy(), hours=[2])
    enough, few, none = (row for row in warehouse.score(MONDAY) if row.metric == "AVG")
    assert (enough.n_history, enough.is_anomaly is None) == (MIN_HISTORY, False)
    for row, n in ((few, MIN_HISTORY - 1), (none, 0)):
        assert row.n_history == n
        assert row.value is not None
        assert row.lower_bound is row.upper_bound is row.anomaly_prob is row.is_anomaly is None


def test_later_days_and_days_too_old_are_not_history(warehouse: Warehouse) -> None:
    shifted = make_noisy(mean=5)
    warehouse.fill(list_days_before(MONDAY, 20)[:10], shifted, hours=[0])
    warehouse.fill([*list_days_before(MONDAY, 10), MONDAY], make_noisy(), hours=[0])
    warehouse.fill([MONDAY + timedelta(days=1)], shifted, hours=[0])
    row, _ = warehouse.score(MONDAY, history_days=10)
    assert row.n_history == 10
    assert row.upper_bound < 1


@pytest.mark.parametrize(("day", "own_class"), [(MONDAY, 20), (SATURDAY, 8)])
def test_weekends_are_scored_by_weekends(warehouse: Warehouse, day: date, own_class: int) -> None:
    weekend_doubles: Load = lambda d, h: make_noisy()(d, h) * (2 if d.weekday() >= 5 else 1)  # noqa: E731
    warehouse.fill([*list_days_before(day, HISTORY_DAYS), day], weekend_doubles, hours=[0])
    row, _ = warehouse.score(day)
    assert row.n_history == own_class
    assert not row.is_anomaly
    assert row.upper_bound - row.lower_bound < 0.45


def test_clock_change_and_holiday_raise_no_flags(warehouse: Warehouse) -> None:
    """People get up an hour earlier in UTC on 31 March, and sleep long on Good Friday."""
    berlin = LocalTime("Europe/Berlin", "DE")
    holidays = berlin.holidays(date(2024, 3, 1), date(2024, 4, 30))

    def load(day: date, hour: int) -> float:
        local = berlin.convert(datetime.fromisoformat(f"{day}T{hour:02d}:00:00+00:00"))
        is_weekend = local.weekday() >= 5 or local.date() in holidays
        return make_noisy()(day, hour) + (local.hour >= (9 if is_weekend else 6))

    days = [date(2024, 3, 29), date(2024, 4, 3)]  # Good Friday, and a Wednesday
    warehouse.fill([*list_days_before(days[-1], 35), days[-1]], load)
    for day in days:
        flagged = [
            sum(row.is_anomaly for row in warehouse.score(day, local_time=local_time))
            for local_time in (berlin, UTC)
        ]
        assert flagged[0] <= 2 < flagged[1]


def test_a_class_with_few_days_borrows_from_the_other(warehouse: Warehouse) -> None:
    warehouse.fill([*list_days_before(SATURDAY, 14), SATURDAY], make_noisy(), hours=[0])
    row, _ = warehouse.score(SATURDAY)
    assert row.n_history == 14


def test_a_past_incident_does_not_widen_the_interval(warehouse: Warehouse) -> None:
    days = list_days_before(MONDAY, HISTORY_DAYS)
    struck = days[-3]
    warehouse.fill(
        [*days, MONDAY], lambda d, h: 0.0 if d == struck else make_noisy()(d, h), hours=[0]
    )
    row, _ = warehouse.score(MONDAY)
    assert row.n_history == 19
    assert row.lower_bound > 0.3


def test_short_histories_are_used_whole(warehouse: Warehouse) -> None:
    days = list_days_before(MONDAY, 6)
    warehouse.fill([*days, MONDAY], lambda d, _h: 0.45 if d > days[0] else 0.0, hours=[0])
    row, _ = warehouse.score(MONDAY)
    assert row.n_history == 6


def test_constant_history_flags_changes_but_not_rounding(warehouse: Warehouse) -> None:
    offsets = {0: 0.0, 1: 1e-5, 2: 1e-3, 3: -0.45}
    warehouse.fill(list_days_before(MONDAY, 10), lambda _d, _h: 0.45, hours=offsets)
    warehouse.fill([MONDAY], lambda _d, h: 0.45 + offsets[h], hours=offsets)
    flags = [row.is_anomaly for row in warehouse.score(MONDAY) if row.metric == "AVG"]
    assert flags == [False, False, True, True]


def test_history_of_zeros_flags_the_first_energy(warehouse: Warehouse) -> None:
    warehouse.fill(list_days_before(MONDAY, 10), lambda _d, _h: 0.0, hours=[0, 1])
    warehouse.fill([MONDAY], lambda _d, h: 0.001 * h, hours=[0, 1])
    flags = [row.is_anomaly for row in warehouse.score(MONDAY) if row.metric == "MAX"]
    assert flags == [False, True]


def test_an_outage_of_some_meters_shows_in_avg_and_not_in_max(warehouse: Warehouse) -> None:
    def meter(number: int) -> Load:
        def load(day: date, hour: int) -> float:
            out = day == MONDAY and hour in (12, 13) and number % 2
            return 0.0 if out else Random(f"{number} {day} {hour}").gauss(0.45, 0.0137)

        return load

    warehouse.fill([*list_days_before(MONDAY, 8), MONDAY], *(meter(n) for n in range(20)))
    sure = [(r.metric, r.time.hour) for r in warehouse.score(MONDAY) if r.anomaly_prob > 0.9999]
    assert sure == [("AVG", 12), ("AVG", 13)]


def test_clean_days_are_rarely_flagged(warehouse: Warehouse) -> None:
    days = list_days_before(MONDAY, 4)
    warehouse.fill([*list_days_before(days[0], HISTORY_DAYS), *days], make_noisy())
    flags = [row.is_anomaly for day in days for row in warehouse.score(day) if row.metric == "AVG"]
    # 96 tests at 1%: one flag expected, more than 6 in one of 10,000 such fleets.
    assert len(flags) == 96
    assert sum(flags) <= 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dataset": "a`b"}, "is not the name of a BigQuery dataset"),
        ({"project": "p'; DROP"}, "is not the name of a BigQuery dataset"),
        ({"history_days": 4}, "history_days=4 is out of range. Use 5 to 366"),
        ({"threshold": 1.0}, "threshold=1.0 is out of range"),
        ({"threshold": math.nan}, "threshold=nan is out of range"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict, message: str) -> None:
    good = {"project": "wattif-local", "dataset": "wattif", "day": MONDAY}
    with pytest.raises(UserError, match=message):
        fleet_anomalies_sql(**{**good, **arguments})


def test_query_reads_only_its_window_of_partitions() -> None:
    sql = fleet_anomalies_sql("wattif-local", "wattif", date(2024, 3, 1), history_days=10)
    assert "time >= TIMESTAMP '2024-02-20'" in sql
    assert "time < TIMESTAMP '2024-03-02'" in sql
    assert "$" not in sql
