"""A statement that Google refuses fails the test that sends it, from whatever process."""

import subprocess
import sys

import pytest
from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.googlesql.watch import Watch

pytestmark = pytest.mark.usefixtures("watch")

REFUSED = pytest.mark.xfail(
    strict=True, raises=pytest.fail.Exception, reason="the plugin is to fail the test"
)
UNTYPED = "SELECT LOGICAL_AND(IF(TRUE, NULL, NULL)) AS n"
"""The local BigQuery runs it; to BigQuery these NULLs are INT64."""

IN_A_PROCESS = f"""
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
client = bigquery.Client("p", AnonymousCredentials(), client_options={{"api_endpoint": "$"}})
client.query_and_wait({UNTYPED!r})
"""


@pytest.fixture
def warehouse(settings: Settings) -> BigQueryWarehouse:
    return build_resources(settings)["wattif_bigquery"]


@REFUSED
def test_refused_query_fails_its_test(warehouse: BigQueryWarehouse) -> None:
    assert warehouse.rows(UNTYPED) == [{"n": None}]


@REFUSED
def test_refused_query_of_a_process_fails_its_test(warehouse: BigQueryWarehouse) -> None:
    code = IN_A_PROCESS.replace("$", str(warehouse.cloud.endpoints.bigquery))
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.own_sql
def test_refused_query_of_the_tests_own_is_not_judged(warehouse: BigQueryWarehouse) -> None:
    assert warehouse.rows(UNTYPED) == [{"n": None}]


def test_statement_has_what_the_client_was_given(
    warehouse: BigQueryWarehouse, watch: Watch
) -> None:
    warehouse.rows(
        "SELECT @day IN UNNEST(@days) AS found",
        ScalarQueryParameter("day", "DATE", "2024-01-01"),
        ArrayQueryParameter("days", "DATE", []),
    )
    ((statement, faults),) = watch.take()
    assert (statement.sender, faults) == (__name__, [])
    assert statement.parameters == {"day": "DATE", "days": "ARRAY<DATE>"}
    assert statement.project == warehouse.cloud.project
