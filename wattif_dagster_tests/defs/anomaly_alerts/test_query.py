"""The query of the alerts, run on the local BigQuery."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from wattif_dagster.defs.anomaly_alerts.query import alerts_sql
from wattif_dagster.schemas import ANOMALY_SCORES
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
    table = f"{client.project}.{dataset}.{ANOMALY_SCORES.name}"
    columns = [bigquery.SchemaField(c.name, c.type) for c in ANOMALY_SCORES.columns]
    client.create_table(bigquery.Table(table, columns))
    hours = [(s, d, 0.999, False) for s, days in FLAGGED.items() for d in days]
    hours += [("NEW", d, 1.0, True) for d in FLAGGED["A"]]
    hours += [("LOW", d, 0.998, False) for d in FLAGGED["A"]]
    rows = [
        {
            "serial": serial,
            "time_hour_rolled": f"{day} 10:00:00",
            "anomaly_probability": probability,
            "reason": "rule:missing",
            "provisional": provisional,
        }
        for serial, day, probability, provisional in hours
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
    key = "A:2024-02-07"
    assert alerts(date(2024, 2, 6)) == []
    assert alerts(date(2024, 2, 7)) == [(key, "open", None, 2, "rule:missing")]
    assert alerts(date(2024, 2, 9)) == [(key, "open", None, 3, "rule:missing")]
    closed = date(2024, 2, 10)
    assert alerts(closed) == [(key, "closed", closed, 3, "rule:missing")]
    assert alerts(date(2024, 2, 11)) == []


def test_long_episode_has_a_new_id_in_a_new_quarter(alerts: Alerts) -> None:
    ids = [alerts(date(2024, 3, 31) + timedelta(days=n))[0][0] for n in range(4)]
    assert ids == ["LONG:2024-03-29"] * 2 + ["LONG:2024-04-01"] * 2
