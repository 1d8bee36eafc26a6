"""The query of the alerts, run on the local BigQuery."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from wattif_dagster.defs.anomaly_alerts.query import alerts_sql
from wattif_dagster.schemas import FLAGGED_DAYS
from wattif_dagster.settings import Endpoints
from wattif_dagster.settings.alerts import AlertRule

Alerts = Callable[[date], list[tuple[object, ...]]]
FLAGGED = {
    "A": ["2024-02-05", "2024-02-07", "2024-02-08"],
    "ONCE": ["2024-02-05", "2024-02-09"],
    "LONG": [(date(2024, 3, 28) + timedelta(days=n)).isoformat() for n in range(8)],
}


@pytest.fixture(scope="module")
def alerts(local_cloud: Endpoints) -> Iterator[Alerts]:
    client = bigquery.Client(
        project="wattif-local",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": local_cloud.bigquery},
    )
    dataset = f"alerts_{uuid.uuid4().hex}"
    client.create_dataset(dataset)
    table = f"{client.project}.{dataset}.{FLAGGED_DAYS.name}"
    columns = [bigquery.SchemaField(c.name, c.type) for c in FLAGGED_DAYS.columns]
    client.create_table(bigquery.Table(table, columns))
    flagged = [(s, "rule", d, 0.999, False) for s, days in FLAGGED.items() for d in days]
    flagged += [("NEW", "rule", d, 1.0, True) for d in FLAGGED["A"]]
    flagged += [("LOW", "rule", d, 0.998, False) for d in FLAGGED["A"]]
    flagged += [("TWO", "rule", "2024-05-06", 1.0, False)]
    flagged += [("TWO", "behaviour", f"2024-05-0{n}", 0.9995, False) for n in (5, 7, 8)]
    rows = [
        {
            "day": day,
            "serial": serial,
            "kind": kind,
            "hours": 3 if day == "2024-02-05" else 1,
            "probability": probability,
            "reason": "rule:stuck" if day == "2024-02-05" else "rule:missing",
            "provisional": provisional,
        }
        for serial, kind, day, probability, provisional in flagged
    ]
    client.load_table_from_json(rows, table).result()

    def read(day: date) -> list[tuple[object, ...]]:
        sql = alerts_sql(f"`{table}`", day, AlertRule())
        found = client.query(sql).result()
        return [(r.alert_id, r.status, r.closed_on, r.days_flagged, r.reason) for r in found]

    yield read
    client.delete_dataset(dataset, delete_contents=True)
    client.close()


def test_episode_opens_and_closes_under_one_id(alerts: Alerts) -> None:
    """Its reason is that of the most hours, not of the most days."""
    key = "A:rule:2024-02-07"
    assert alerts(date(2024, 2, 6)) == []
    assert alerts(date(2024, 2, 7)) == [(key, "open", None, 2, "rule:stuck")]
    assert alerts(date(2024, 2, 9)) == [(key, "open", None, 3, "rule:stuck")]
    closed = date(2024, 2, 10)
    assert alerts(closed) == [(key, "closed", closed, 3, "rule:stuck")]
    assert alerts(date(2024, 2, 11)) == []


def test_long_episode_has_a_new_id_in_a_new_quarter(alerts: Alerts) -> None:
    ids = [alerts(date(2024, 3, 31) + timedelta(days=n))[0][0] for n in range(4)]
    assert ids == ["LONG:rule:2024-03-29"] * 2 + ["LONG:rule:2024-04-01"] * 2


def test_rule_and_behaviour_have_their_own_episodes(alerts: Alerts) -> None:
    """A rule's day and a behaviour's day are no two days of one episode."""
    assert alerts(date(2024, 5, 6)) == []
    opened = date(2024, 5, 7)
    assert alerts(opened) == [(f"TWO:behaviour:{opened}", "open", None, 2, "rule:missing")]
