"""The rules of both scans are Google's SQL where Dataplex places them.

Dataplex is a process of its own here, so its statements also show that processes are recorded.
"""

from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

import wattif_dagster.defs
from wattif_dagster import schemas
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.definitions import build_defs
from wattif_dagster.settings import Settings
from wattif_dagster_tests.googlesql.watch import Watch
from wattif_dagster_tests.support.runs import day, make_resources, run_day

DEFS = Path(wattif_dagster.defs.__file__).parent
DATAPLEX = "wattif_dagster.local_cloud.dataplex.warehouse"


@pytest.mark.slow
def test_rules_are_placed_in_googles_sql(
    settings: Settings, instance: DagsterInstance, watch: Watch
) -> None:
    make_resources(settings)
    every = list(read_graph(build_defs(settings)).parents)
    assert run_day(settings, instance, every, day(1)).failures() == {}
    scans = [(s.sql, faults) for s, faults in watch.take() if s.sender == DATAPLEX]
    assert [faults for _, faults in scans if faults] == []
    for table, results in (
        (schemas.FLEET_ANOMALIES, "anomaly_scan_results"),
        (schemas.ANOMALY_SCORES, "meter_scan_results"),
    ):
        sent = "\n".join(sql for sql, _ in scans if f".{table.name}`" in sql)
        for rule in yaml.safe_load((DEFS / results / "rules.yaml").read_text("utf-8"))["rules"]:
            assert find_sql(rule) in sent, rule["name"]


def find_sql(rule: dict[str, dict[str, str]]) -> str:
    """The rule's own SQL up to what Dataplex fills in, or else its column."""
    for expectation in rule.values():
        if isinstance(expectation, dict):
            sql = expectation.get("sqlExpression") or expectation.get("sqlStatement")
            if sql:
                return sql.partition("${")[0]
    return f"`{rule['column']}`"
