"""Scans over both transports: create, get, list, update, delete, and refused requests."""

from typing import cast

import pytest
from google.api_core import exceptions as gx
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession
from google.cloud import dataplex_v1 as dp

from wattif_dagster.local_cloud.dataplex.server import Server

from .scans import ALWAYS, PEOPLE, Scans, State, data_scan, row_condition, rule, seconds


def test_create_sets_the_output_only_fields(both: Scans) -> None:
    wanted = data_scan()
    wanted.uid, wanted.labels = "mine", {"team": "meters"}
    scan = both.create(wanted)
    assert scan.name == both.name()
    assert scan.uid not in ("", "mine")
    assert scan.state == dp.State.ACTIVE
    assert scan.type_ == dp.DataScanType.DATA_QUALITY
    assert "on_demand" in scan.execution_spec.trigger
    assert scan.create_time == scan.update_time
    assert scan == both.get()


def test_create_without_an_id_makes_one(both: Scans) -> None:
    scan = both.create(scan_id="")
    assert scan.name.startswith(both.name("data-scan-"))


def test_create_refuses_an_id_in_use(both: Scans) -> None:
    both.create()
    with pytest.raises(gx.Conflict, match="already exists"):
        both.create()


def test_create_reports_a_missing_table_in_the_operation(both: Scans) -> None:
    scan = data_scan(resource=PEOPLE + "_not")
    operation = both.client.create_data_scan(
        parent=both.parent, data_scan=scan, data_scan_id="scan"
    )
    with pytest.raises(gx.NotFound, match="people_not"):
        operation.result(timeout=30)
    with pytest.raises(gx.NotFound):
        both.get()


def test_validate_only_requests_store_nothing(both: Scans) -> None:
    request = {
        "parent": both.parent,
        "data_scan": data_scan(),
        "data_scan_id": "scan",
        "validate_only": True,
    }
    created = cast(dp.DataScan, both.client.create_data_scan(request=request).result(timeout=30))
    assert created.name == both.name()
    with pytest.raises(gx.NotFound):
        both.get()
    both.create()
    change = dp.DataScan(name=both.name(), description="new")
    update = {"data_scan": change, "validate_only": True, "update_mask": {"paths": ["description"]}}
    updated = cast(dp.DataScan, both.client.update_data_scan(request=update).result(timeout=30))
    assert updated.description == "new"
    assert both.get().description == ""


def test_basic_view_omits_spec_and_result(both: Scans) -> None:
    both.create()
    job = both.run()
    full, basic = both.get(), both.get(view="BASIC")
    assert full.data_quality_result.passed
    assert full.execution_status.latest_job_end_time == job.end_time
    assert "data_quality_spec" not in basic
    assert "data_quality_result" not in basic
    assert basic.data.resource == PEOPLE
    basic_job = both.client.get_data_scan_job(name=job.name)
    assert "data_quality_spec" not in basic_job
    assert "data_quality_result" not in basic_job
    assert job.data_quality_spec == full.data_quality_spec


def test_list_pages_through_one_location(both: Scans) -> None:
    for scan_id in ("b", "a", "c"):
        both.create(scan_id=scan_id)
    pages = both.client.list_data_scans(request={"parent": both.parent, "page_size": 2}).pages
    names = [[scan.name for scan in page.data_scans] for page in pages]
    assert names == [[both.name("a"), both.name("b")], [both.name("c")]]


@pytest.mark.parametrize(
    ("order_by", "order"),
    [("name desc", "cba"), ("create_time", "bac"), ("create_time desc", "cab")],
)
def test_list_sorts_by_order_by(order_by: str, order: str, scans: Scans) -> None:
    for scan_id in ("b", "a", "c"):
        scans.create(scan_id=scan_id)
    request = {"parent": scans.parent, "order_by": order_by, "page_size": 1}
    listed = scans.client.list_data_scans(request=request)
    assert [scan.name[-1] for scan in listed] == list(order)
    assert all("data_quality_spec" not in scan for scan in listed)


def test_list_refuses_the_page_token_of_another_request(both: Scans) -> None:
    both.create(scan_id="a")
    both.create(scan_id="b")
    first = both.client.list_data_scans(request={"parent": both.parent, "page_size": 1})
    token = next(first.pages).next_page_token
    for request in (
        {"parent": both.parent, "page_token": "garbage"},
        {"parent": both.parent, "page_token": token, "order_by": "create_time"},
        {"parent": both.parent, "page_size": -1},
        {"parent": both.parent, "order_by": "uid"},
    ):
        with pytest.raises(gx.BadRequest):
            both.client.list_data_scans(request=request)


def test_update_replaces_the_masked_fields_only(both: Scans) -> None:
    scan = data_scan(ALWAYS, row_condition("id > 0"), row_filter="id > 1")
    scan.labels, scan.description = {"a": "1", "b": "2"}, "before"
    created = both.create(scan)
    change = data_scan(row_condition("id > 5"))
    change.labels = {"c": "3"}
    updated = both.update(change, "labels", "data_quality_spec.rules", "description")
    assert dict(updated.labels) == {"c": "3"}
    assert updated.description == ""
    assert list(updated.data_quality_spec.rules) == [row_condition("id > 5")]
    assert updated.data_quality_spec.row_filter == "id > 1"
    assert seconds(updated.update_time) > seconds(created.update_time)
    assert updated == both.get()


def test_update_of_a_whole_spec_clears_unset_fields(both: Scans) -> None:
    both.create(data_scan(row_filter="id > 1", sampling_percent=50))
    updated = both.update(data_scan(), "data_quality_spec")
    assert updated.data_quality_spec == data_scan().data_quality_spec


def test_update_without_a_mask_changes_the_set_fields(both: Scans) -> None:
    scan = data_scan()
    scan.description, scan.display_name = "before", "kept"
    both.create(scan)
    updated = both.update(dp.DataScan(description="after"))
    assert (updated.description, updated.display_name) == ("after", "kept")


def test_update_with_a_wildcard_clears_mutable_fields(both: Scans) -> None:
    scan = data_scan()
    scan.description = "before"
    both.create(scan)
    updated = both.update(data_scan(row_condition("id > 0")), "*")
    assert updated.description == ""
    assert updated.data.resource == PEOPLE


@pytest.mark.parametrize(
    "path",
    ["data", "data.resource", "name", "execution_spec.field", "execution_identity", "uid", "state"],
)
def test_update_refuses_fixed_fields(path: str, both: Scans) -> None:
    both.create()
    with pytest.raises(gx.BadRequest, match=path):
        both.update(data_scan(), path)


def test_update_refuses_invalid_changes(scans: Scans) -> None:
    scans.create()
    changed_field = data_scan()
    changed_field.execution_spec.field = "day"
    for scan, path in [
        (data_scan(), "nonsense"),
        (data_scan(), "data_quality_spec.rules.name"),
        (dp.DataScan(), "data_quality_spec"),
        (data_scan(sampling_percent=101), "data_quality_spec.sampling_percent"),
        (changed_field, "execution_spec"),
    ]:
        with pytest.raises(gx.InvalidArgument):
            scans.update(scan, path)
    one_time = data_scan()
    one_time.execution_spec.trigger = dp.Trigger(one_time={})
    with pytest.raises(gx.FailedPrecondition, match="one_time"):
        scans.update(one_time, "execution_spec.trigger")


def test_delete_of_a_scan_with_jobs_needs_force(both: Scans) -> None:
    both.create()
    job = both.run()
    with pytest.raises(gx.BadRequest, match="force"):
        both.delete()
    both.delete(force=True)
    with pytest.raises(gx.NotFound):
        both.get()
    with pytest.raises(gx.NotFound):
        both.job(job.name)
    created_again = both.create()
    assert created_again.uid
    assert not list(both.client.list_data_scan_jobs(parent=both.name()))
    both.delete()


@pytest.mark.parametrize("name", ["", "scan", "projects/p/locations/l/dataScans/UPPER"])
def test_methods_refuse_malformed_names(name: str, scans: Scans) -> None:
    for call in (
        scans.client.get_data_scan,
        scans.client.run_data_scan,
        scans.client.delete_data_scan,
        scans.client.get_data_scan_job,
        scans.client.cancel_data_scan_job,
    ):
        with pytest.raises(gx.InvalidArgument, match="is not of the form"):
            call(name=name)


def test_methods_report_absent_resources(both: Scans) -> None:
    for call in (
        both.client.get_data_scan,
        both.client.run_data_scan,
        both.client.delete_data_scan,
    ):
        with pytest.raises(gx.NotFound):
            call(name=both.name("absent"))
    both.create()
    for call in (both.client.get_data_scan_job, both.client.cancel_data_scan_job):
        with pytest.raises(gx.NotFound):
            call(name=both.name() + "/jobs/absent")


def test_operations_are_kept_until_deleted(both: Scans) -> None:
    operation = both.client.create_data_scan(
        parent=both.parent, data_scan=data_scan(), data_scan_id="scan"
    )
    name = operation.operation.name
    metadata = cast(dp.OperationMetadata, operation.metadata)
    assert (metadata.target, metadata.verb) == (both.name(), "create")
    client = both.client
    assert client.get_operation({"name": name}).done
    both.update(dp.DataScan(description="x"), "description")
    listed = client.list_operations({"name": both.parent})
    assert len(listed.operations) == 2
    first = client.list_operations({"name": both.parent, "page_size": 1})
    rest = client.list_operations({"name": both.parent, "page_token": first.next_page_token})
    assert [*first.operations, *rest.operations] == list(listed.operations)
    client.cancel_operation({"name": name})
    client.delete_operation({"name": name})
    with pytest.raises(gx.NotFound):
        client.get_operation({"name": name})


SOURCE = {"resource": PEOPLE}


def refused(scan: dp.DataScan, feature: str):
    return pytest.param(scan, feature, id=feature)


def scheduled() -> dp.DataScan:
    scan = data_scan()
    scan.execution_spec.trigger = dp.Trigger(schedule={"cron": "0 * * * *"})
    return scan


@pytest.mark.parametrize(
    ("scan", "feature"),
    [
        refused(dp.DataScan(data=SOURCE, data_profile_spec={}), "data_profile_spec"),
        refused(dp.DataScan(data=SOURCE, data_discovery_spec={}), "data_discovery_spec"),
        refused(dp.DataScan(data=SOURCE, data_documentation_spec={}), "data_documentation_spec"),
        refused(dp.DataScan(data={"entity": "e"}, data_quality_spec={}), "data.entity"),
        refused(scheduled(), "execution_spec.trigger.schedule"),
        refused(data_scan(rule("template_reference", {"name": "t"})), "template_reference"),
        refused(data_scan(filter="name = a"), "data_quality_spec.filter"),
        refused(data_scan(enable_catalog_based_rules=True), "enable_catalog_based_rules"),
    ],
)
def test_refused_features_are_named(scan: dp.DataScan, feature: str, both: Scans) -> None:
    with pytest.raises(gx.MethodNotImplemented, match=feature):
        both.create(scan)


def test_catalog_publishing_is_kept_and_skipped(both: Scans) -> None:
    skipped = dp.DataScanCatalogPublishingStatus.State.SKIPPED
    both.create(data_scan(catalog_publishing_enabled=True))
    assert both.get().data_quality_spec.catalog_publishing_enabled
    assert both.run().data_quality_result.catalog_publishing_status.state == skipped
    both.update(data_scan(), "data_quality_spec.catalog_publishing_enabled")
    assert not both.get().data_quality_spec.catalog_publishing_enabled
    assert "catalog_publishing_status" not in both.run().data_quality_result


def test_refused_methods_are_named(both: Scans) -> None:
    both.create()
    with pytest.raises(gx.MethodNotImplemented, match="filter"):
        both.client.list_data_scans(request={"parent": both.parent, "filter": "x"})
    with pytest.raises(gx.MethodNotImplemented, match="filter"):
        both.client.list_data_scan_jobs(request={"parent": both.name(), "filter": "x"})
    with pytest.raises(gx.MethodNotImplemented, match="GenerateDataQualityRules"):
        both.client.generate_data_quality_rules(name=both.name())


def test_rest_refuses_unknown_fields(dataplex: Server) -> None:
    base = f"http://127.0.0.1:{dataplex.rest_port}"
    parent = f"{base}/v1/projects/demo-project/locations/rest"
    preview = {"rules": [{"column": "value", "someFutureRule": {"metrics": ["AVG"]}}]}
    session = AuthorizedSession(AnonymousCredentials())
    for body in (
        {"data": {"resource": PEOPLE}, "dataQualitySpec": preview},
        ["not", "an", "object"],
    ):
        response = session.post(f"{parent}/dataScans", params={"dataScanId": "x"}, json=body)
        assert response.status_code == 400
        assert response.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert session.post(f"{parent}/dataScans", data=b"{").status_code == 400
    assert session.get(f"{parent}/dataScans/x?view=LOTS").status_code == 400
    assert session.get(f"{parent}/nothing").status_code == 404
    assert session.get(f"{base}/healthz").json() == {"status": "ok"}


def test_rest_returns_enum_names_by_default(both: Scans, dataplex: Server) -> None:
    both.create()
    session = AuthorizedSession(AnonymousCredentials())
    url = f"http://127.0.0.1:{dataplex.rest_port}/v1/{both.name()}"
    assert session.get(url).json()["state"] == "ACTIVE"
    assert "dataQualitySpec" in session.get(url, params={"view": "FULL"}).json()


def test_run_refuses_a_one_time_scan(scans: Scans) -> None:
    scan = data_scan()
    scan.execution_spec.trigger = dp.Trigger(one_time={})
    scans.create(scan)
    with pytest.raises(gx.FailedPrecondition, match="on-demand"):
        scans.start()


def test_list_returns_the_newest_job_first(both: Scans) -> None:
    both.create()
    jobs = [both.run().name for _ in range(3)]
    listed = both.client.list_data_scan_jobs(request={"parent": both.name(), "page_size": 2})
    assert [job.name for job in listed] == jobs[::-1]
    assert all(job.state == State.SUCCEEDED for job in listed)
