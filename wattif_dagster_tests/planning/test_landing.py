"""Plans agree with what is landed: bytes within 10%, objects and operations exactly."""

import gzip
from datetime import timedelta

import pytest
from dagster import DagsterInstance

from wattif_dagster import keys
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.plan import Plan, make_plan
from wattif_dagster.planning.prices import load_prices
from wattif_dagster.planning.size import LISTED_AT_ONCE, READS, WRITES_ONCE, count_class_a
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import Proxy
from wattif_dagster_tests.support.runs import FIRST_DAY, make_resources, run_day

DAYS = 4
FAULTY = {
    "anomaly_share": 0.5,
    "anomaly_kinds": "F6,F7,T1",
    "anomaly_onset_day": 0,
    "anomaly_onset_days": 2,
}


def change(settings: Settings, simulation: dict[str, object], ingest: dict[str, object]):
    return settings.model_copy(
        update={
            "simulation": Simulation(**{**settings.simulation.model_dump(), **simulation}),
            "ingest": settings.ingest.model_copy(update=ingest),
        }
    )


def plan(resources: Resources, days: int) -> Plan:
    return make_plan(
        resources["wattif_simulation"],
        resources["wattif_ingest"],
        days,
        load_prices(),
        external=False,
        seconds=0.1,
    )


def land(resources: Resources) -> list[DayReport]:
    reports = []
    for number in range(DAYS):
        day = resources["wattif_simulation"].first_day + timedelta(days=number)
        gcs, simulation = resources["wattif_gcs"], resources["wattif_simulation"]
        serials = land_registry(gcs, simulation, day).serials
        landing = Landing(simulation, day, serials, resources["wattif_ingest"])
        reports.append(land_day(gcs, landing))
    return reports


def count_uncompressed(gcs: GcsTransferManager, report: DayReport) -> int:
    bodies = [gcs.read(item.name) for item in report.manifest.objects]
    return sum(len(gzip.decompress(body[0])) for body in bodies if body)


@pytest.mark.parametrize(
    ("simulation", "ingest"),
    [
        ({}, {"meters_per_object": 7}),
        ({"load": "household"}, {"meters_per_object": 10, "compression": "gzip"}),
        (FAULTY, {"meters_per_object": 1, "compression": "gzip", "render_workers": 2}),
    ],
    ids=["plain", "household gzip", "faulty"],
)
def test_plan_has_the_bytes_and_objects_that_land(
    settings: Settings, simulation: dict[str, object], ingest: dict[str, object]
) -> None:
    fleet = {"meters": 45, "interval_seconds": 300, "daily_new_meters": 9}
    resources = build_resources(change(settings, {**fleet, **simulation}, ingest))
    resources["wattif_gcs"].ensure_bucket()
    size = plan(resources, DAYS).size
    reports = land(resources)
    landed = [report.manifest for report in reports]
    assert size.objects == sum(len(manifest.objects) for manifest in landed)
    assert size.objects_of_largest_day == max(len(manifest.objects) for manifest in landed)
    assert (size.meters_on_first_day, size.meters_on_last_day) == (45, landed[-1].meters)
    assert size.rows == pytest.approx(sum(manifest.total_rows for manifest in landed), rel=0.1)
    stored = sum(manifest.total_bytes for manifest in landed)
    assert size.stored_bytes == pytest.approx(stored, rel=0.1)
    assert max(report.spool_high_water for report in reports) <= size.spool_bytes * 1.1
    if landed[0].compression == "gzip":
        raw = sum(count_uncompressed(resources["wattif_gcs"], report) for report in reports)
        assert size.gzip_bytes == size.stored_bytes
        assert size.raw_bytes == pytest.approx(raw, rel=0.1)
    else:
        assert size.raw_bytes == size.stored_bytes


def test_plan_has_the_operations_of_each_asset(settings: Settings, gcs_proxy: Proxy) -> None:
    settings = change(settings, {"meters": 30}, {"meters_per_object": 10})
    resources = make_resources(settings)
    size = plan(resources, 1).size
    writes = count_class_a(size.objects)
    assert size.objects == 3 < LISTED_AT_ONCE
    with DagsterInstance.ephemeral() as instance:
        for key in (
            keys.METER_REGISTRY,
            keys.RAW_READINGS,
            keys.INJECTED_ANOMALIES,
            keys.METER_READINGS,
            keys.HOURLY_CONSUMPTION,
            keys.CONSUMPTION_BASELINE,
            keys.ANOMALY_SCORES,
            keys.DAILY_REPORT,
        ):
            gcs_proxy.requests.clear()
            run = run_day(settings, instance, [key], FIRST_DAY)
            assert run.success, run.failures()
            listings = [
                path for method, path in gcs_proxy.requests if method == "GET" and "prefix=" in path
            ]
            asset, once = key.path[-1], WRITES_ONCE * (key == keys.METER_REGISTRY)
            written = gcs_proxy.count("POST", "/upload/") - once
            assert written + len(listings) == writes.get(asset, 0), asset
            assert gcs_proxy.count("GET", "/download/") == READS.get(asset, 0), asset
    assert size.class_a == WRITES_ONCE + sum(writes.values())
    assert size.class_b == sum(READS.values())
