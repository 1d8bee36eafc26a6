"""anomaly_alerts, materialized on scores planted here."""

from datetime import date

import pytest
from dagster import DagsterInstance, materialize

from wattif_dagster import keys, schemas
from wattif_dagster.defs.anomaly_alerts.asset import anomaly_alerts
from wattif_dagster.errors import UserError
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import day, materializations


def test_an_episode_opens_and_closes_whichever_day_is_made_first(settings: Settings):
    resources = build_resources(settings)
    bigquery, table = resources["wattif_bigquery"], schemas.ANOMALY_SCORES
    bigquery.ensure_table(table)
    scores = [
        {
            "serial": "A",
            "time_hour_rolled": f"{flagged}T10:00:00Z",
            "anomaly_probability": 1.0,
            "reason": "rule:missing",
            "provisional": False,
        }
        for flagged in (day(1), day(2))
    ]
    bigquery.client.load_table_from_json(scores, bigquery.table_name(table)).result()

    def said(made: date) -> dict[str, object]:
        with DagsterInstance.ephemeral() as instance:
            result = materialize(
                [anomaly_alerts],
                partition_key=str(made),
                resources={name: resources[name] for name in ("cloud", "bigquery", "alerts")},
                instance=instance,
            )
            ((_, metadata),) = materializations(instance, result, keys.ANOMALY_ALERTS)
            return metadata

    counts = {
        number: tuple(said(day(number))[name] for name in ("opened", "open", "closed"))
        for number in (4, 2, 1, 3, 5, 2)
    }
    assert counts == {1: (0, 0, 0), 2: (1, 1, 0), 3: (0, 1, 0), 4: (0, 0, 1), 5: (0, 0, 0)}
    assert "| A | 1.0000 | rule:missing |" in str(said(day(2))["new_alerts"])


def test_days_that_are_never_reached_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WATTIF_ALERTS__DAYS", "4")
    with pytest.raises(UserError, match="4 of 3 days is never reached"):
        Settings.load()
