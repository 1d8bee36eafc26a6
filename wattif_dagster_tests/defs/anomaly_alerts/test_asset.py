"""anomaly_alerts, materialized on flagged days planted here."""

from datetime import date

from dagster import DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import day, run_day
from wattif_dagster_tests.support.warehouse import add_rows, make_flagged_day


def test_episode_is_the_same_in_any_order_of_the_days(
    settings: Settings, instance: DagsterInstance
):
    rows = [make_flagged_day("A", flagged) for flagged in (day(1), day(2))]
    add_rows(build_resources(settings)["wattif_bigquery"], schemas.FLAGGED_DAYS, rows)

    def make(made_day: date) -> dict[str, object]:
        run = run_day(settings, instance, [keys.ANOMALY_ALERTS], made_day)
        return run.metadata(keys.ANOMALY_ALERTS)

    made = {number: make(day(number)) for number in (4, 2, 1, 3, 5, 2)}
    counts = {
        number: tuple(metadata[name] for name in ("opened", "open", "closed"))
        for number, metadata in made.items()
    }
    assert counts == {1: (0, 0, 0), 2: (1, 1, 0), 3: (0, 1, 0), 4: (0, 0, 1), 5: (0, 0, 0)}
    assert "| A | 1.0000 | rule:missing |" in str(made[2]["new_alerts"])
