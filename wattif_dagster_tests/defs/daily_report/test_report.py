"""A day's report, read from tables planted in the local BigQuery."""

from datetime import date, timedelta
from math import isnan

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.daily_report.flagged import FlaggedDay, read_flagged_day
from wattif_dagster.defs.daily_report.report import make_report
from wattif_dagster.detection.layered.queries import LOG_SCALE
from wattif_dagster.detection.steps import UTC
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.runs import make_resources, make_settings
from wattif_dagster_tests.support.warehouse import add_rows, make_flagged_day

DAY = date(2024, 5, 19)
HOURS = [f"{hour:02d}" for hour in range(24)]
BEHAVIOUR = {"kind": "behaviour", "reason": "day:level7-", "probability": 0.995, "hours": 24}


def before(days: int) -> date:
    return DAY - timedelta(days=days)


@pytest.fixture(scope="module")
def bigquery(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> BigQueryWarehouse:
    """LOST reports nothing of 1 kW, HALF reports half of it, and NEW has no expectation yet."""
    settings = make_settings(local_cloud, tmp_path_factory.mktemp("report"))
    warehouse = make_resources(settings)["wattif_bigquery"]
    flagged = {"LOST": (0, 1, 30), "HALF": (0,), "NEW": (0,), "GONE": (1,)}
    rows = [
        {**make_flagged_day(serial, before(n)), **BEHAVIOUR}
        for serial, days in flagged.items()
        for n in days
    ]
    rows += [make_flagged_day(serial, DAY) for serial in ("HALF", "SILENT")]
    add_rows(warehouse, schemas.FLAGGED_DAYS, rows)
    kw = {"LOST": 0.0, "HALF": 0.5, "NEW": 0.5}
    meter_days = [
        {"day": str(before(n)), "serial": serial, **{f"avg_kw_{hour}": value for hour in HOURS}}
        for serial, value in kw.items()
        for n in (0, 1)
    ]
    add_rows(warehouse, schemas.METER_DAYS, meter_days)
    one_kw = 0.6931471805599453  # ln(1 + 5 * 0.2), of a usual load of 5 kW
    assert LOG_SCALE == 5
    expected = {f"expected_{hour}": one_kw for hour in HOURS}
    deviations = [
        {"day": str(before(n)), "serial": serial, "usual_kw": 5.0, **expected}
        for serial in ("LOST", "HALF")
        for n in (0, 1)
    ]
    add_rows(warehouse, schemas.CONSUMPTION_DEVIATIONS, deviations)
    return warehouse


@pytest.fixture(scope="module")
def found(bigquery: BigQueryWarehouse) -> FlaggedDay:
    return read_flagged_day(bigquery, DAY)


def test_meters_are_ranked_by_energy_at_stake(found: FlaggedDay) -> None:
    assert [meter.serial for meter in found.meters] == ["LOST", "HALF", "NEW"]
    lost, half, new = (meter.missing_kwh for meter in found.meters)
    assert (lost, half) == (pytest.approx(24), pytest.approx(12))
    assert isnan(new)


def test_meter_is_new_unless_flagged_lately(found: FlaggedDay) -> None:
    assert [meter.is_new for meter in found.meters] == [False, True, True]
    assert found.meters[0].episodes == [(before(30), before(30)), (before(1), DAY)]
    assert found.gone == ["GONE"]


def test_curve_is_of_a_week_with_gaps(found: FlaggedDay) -> None:
    curve = found.meters[1].curve
    assert curve is not None
    assert curve.first == before(6)
    assert [isnan(value) for value in curve.kw[:, 0]] == [True] * 5 + [False] * 2
    assert curve.share(range(24)) == pytest.approx(0.5)


def test_rules_are_apart(found: FlaggedDay) -> None:
    ((reason, serials),) = [(rule.reason, rule.serials) for rule in found.rules]
    assert (reason, serials) == ("rule:missing", ["HALF", "SILENT"])


def test_day_without_scores_is_refused(bigquery: BigQueryWarehouse) -> None:
    with pytest.raises(UserError, match="2024-05-19 has no anomaly scores"):
        make_report(bigquery, DAY, UTC)
