"""The local cloud with real services: start, crash, restart and end."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
import psutil
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, dataplex_v1, storage
from google.cloud.dataplex_v1.services.data_scan_service.transports import (
    DataScanServiceGrpcTransport,
)

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.state import State
from wattif_dagster.local_cloud.supervisor import LocalCloud, ServiceStatus
from wattif_dagster.settings import Endpoints, read_endpoints

LOCATION = "projects/wattif-local/locations/us-central1"
NAMES = ["gcs", "bigquery", "dataplex"]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud for one test. It is down before and after the test."""
    cloud = LocalCloud(tmp_path / "home")
    yield cloud
    cloud.down()


@pytest.fixture(scope="module")
def _common(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path_factory.mktemp("common") / "home")
    yield cloud
    cloud.down()


@pytest.fixture
def running(_common: LocalCloud) -> LocalCloud:
    """A cloud that is up. Tests share it, because a start takes seconds."""
    _common.up()
    return _common


def by_name(cloud: LocalCloud) -> dict[str, ServiceStatus]:
    return {service.name: service for service in cloud.status()}


def pids(cloud: LocalCloud) -> dict[str, int]:
    return {name: service.pid for name, service in by_name(cloud).items() if service.pid}


def states(cloud: LocalCloud) -> list[str]:
    return [service.state for service in cloud.status()]


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    process.wait()


def find_services(home: Path) -> list[int]:
    """The pids of the living services whose command line names a folder of the home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if f"{home}/local_cloud/" in " ".join(process.cmdline()):
                found.append(process.pid)
    return found


def storage_client(endpoints: Endpoints) -> storage.Client:
    return storage.Client(
        project="wattif-local",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=endpoints.gcs),
    )


def bigquery_client(endpoints: Endpoints) -> bigquery.Client:
    return bigquery.Client(
        project="wattif-local",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=endpoints.bigquery),
    )


def scans(endpoints: Endpoints) -> dataplex_v1.DataScanServiceClient:
    channel = grpc.insecure_channel(str(endpoints.dataplex))
    transport = DataScanServiceGrpcTransport(channel=channel)
    return dataplex_v1.DataScanServiceClient(transport=transport)


def create_scan(endpoints: Endpoints, table: str) -> None:
    rule = dataplex_v1.DataQualityRule(
        column="number",
        dimension="COMPLETENESS",
        non_null_expectation=dataplex_v1.DataQualityRule.NonNullExpectation(),
    )
    resource = f"//bigquery.googleapis.com/projects/wattif-local/datasets/wattif/tables/{table}"
    scan = dataplex_v1.DataScan(
        data=dataplex_v1.DataSource(resource=resource),
        data_quality_spec=dataplex_v1.DataQualitySpec(rules=[rule]),
    )
    scans(endpoints).create_data_scan(parent=LOCATION, data_scan=scan, data_scan_id=table).result()


def test_up_joins_and_down_ends_the_services(cloud: LocalCloud) -> None:
    assert states(cloud) == ["stopped"] * 3
    endpoints = cloud.up()
    assert states(cloud) == ["running"] * 3
    file = cloud.home / "endpoints.json"
    assert Endpoints.model_validate_json(file.read_bytes()) == endpoints
    assert all(service.log.exists() for service in cloud.status())

    first = pids(cloud)
    assert LocalCloud(cloud.home).up() == endpoints
    assert pids(cloud) == first

    for pid in first.values():
        listening = {
            connection.laddr.ip.removeprefix("::ffff:")
            for connection in psutil.Process(pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}

    assert LocalCloud(cloud.home).down() == NAMES
    assert states(cloud) == ["stopped"] * 3
    assert not any(map(psutil.pid_exists, first.values()))
    assert not file.exists()
    assert cloud.down() == []
    assert cloud.up() == endpoints


@pytest.mark.own_sql
def test_acknowledged_data_survives_kill_of_all_services(running: LocalCloud) -> None:
    """After kill -9 and `up`, all acknowledged data is there, at the same addresses."""
    endpoints = running.up()
    bucket = storage_client(endpoints).create_bucket("readings")
    for number in range(20):
        bucket.blob(f"dt=2024-01-01/{number}.json").upload_from_string(f'{{"number":{number}}}\n')
    client = bigquery_client(endpoints)
    client.create_dataset("wattif")
    loaded = client.load_table_from_uri(
        "gs://readings/dt=2024-01-01/*",
        "wattif.numbers",
        job_config=bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON",
            schema=[bigquery.SchemaField("number", "INT64")],
        ),
    )
    loaded.result()
    assert loaded.output_rows == 20

    create_scan(endpoints, "numbers")

    before = pids(running)
    for pid in before.values():
        kill(pid)
    assert states(running) == ["crashed"] * 3
    assert running.up() == endpoints
    assert set(pids(running).values()).isdisjoint(before.values())
    blobs = {blob.name: blob.download_as_text() for blob in bucket.list_blobs()}
    assert blobs == {f"dt=2024-01-01/{n}.json": f'{{"number":{n}}}\n' for n in range(20)}
    rows = client.query_and_wait("SELECT COUNT(*), SUM(number) FROM wattif.numbers")
    assert [tuple(row) for row in rows] == [(20, 190)]
    assert [scan.name for scan in scans(endpoints).list_data_scans(parent=LOCATION)] == [
        f"{LOCATION}/dataScans/numbers"
    ]


def test_up_restarts_only_the_crashed_service(running: LocalCloud) -> None:
    endpoints = running.up()
    before = pids(running)
    kill(before["gcs"])
    assert states(running) == ["crashed", "running", "running"]
    assert running.up() == endpoints
    after = pids(running)
    assert after["gcs"] != before["gcs"]
    assert {**after, "gcs": None} == {**before, "gcs": None}


def test_status_reports_a_suspended_service(running: LocalCloud) -> None:
    process = psutil.Process(pids(running)["gcs"])
    process.suspend()
    try:
        deadline = time.monotonic() + 30
        while states(running) != ["not answering", "running", "running"]:
            assert time.monotonic() < deadline  # the signal does not stop all threads at once
    finally:
        process.resume()
    assert states(running) == ["running"] * 3


def test_up_moves_a_service_whose_port_is_taken(running: LocalCloud) -> None:
    """BigQuery starts on another port, and Dataplex is restarted to get the new address."""
    endpoints = running.up()
    before = pids(running)
    kill(before["bigquery"])
    port = int(str(by_name(running)["bigquery"].address).rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        moved = running.up()
    assert moved.bigquery != endpoints.bigquery
    assert moved.gcs == endpoints.gcs
    after = pids(running)
    assert after["gcs"] == before["gcs"]
    assert after["dataplex"] != before["dataplex"]
    assert str(moved.bigquery) in psutil.Process(after["dataplex"]).cmdline()


def test_clouds_of_two_homes_are_separate(cloud: LocalCloud, tmp_path: Path) -> None:
    other = LocalCloud(tmp_path / "other")
    with ThreadPoolExecutor() as threads:
        here, there = threads.map(LocalCloud.up, [cloud, other])
    try:
        storage_client(here).create_bucket("only-here")
        assert [bucket.name for bucket in storage_client(there).list_buckets()] == []
        assert other.down() == NAMES
        assert states(cloud) == ["running"] * 3
    finally:
        other.down()


def test_concurrent_up_commands_start_one_set(cloud: LocalCloud) -> None:
    """The services also outlive the commands that started them."""
    program = (
        "import sys; from pathlib import Path;"
        "from wattif_dagster.local_cloud.supervisor import LocalCloud;"
        "print(LocalCloud(Path(sys.argv[1])).up().model_dump_json())"
    )
    command = [sys.executable, "-c", program, str(cloud.home)]
    commands = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [each.communicate()[0] for each in commands]
    assert said[0] == said[1]
    assert Endpoints.model_validate_json(said[0]) == cloud.up()
    assert states(cloud) == ["running"] * 3


def test_services_survive_ctrl_c_of_the_command(cloud: LocalCloud) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from wattif_dagster.local_cloud.supervisor import LocalCloud;"
        "LocalCloud(Path(sys.argv[1])).up(); print('up', flush=True); time.sleep(600)"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", program, str(cloud.home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "up\n"
    os.killpg(command.pid, signal.SIGINT)
    command.communicate()
    assert states(cloud) == ["running"] * 3


def test_running_ends_what_it_started(cloud: LocalCloud) -> None:
    with cloud.running():
        started = pids(cloud)
        with cloud.running():
            assert pids(cloud) == started
        assert pids(cloud) == started
        kill(started["gcs"])
        with cloud.running():
            assert states(cloud) == ["running"] * 3
        assert states(cloud) == ["stopped", "running", "running"]
    assert states(cloud) == ["stopped"] * 3


def test_running_ends_its_services_without_a_state(cloud: LocalCloud) -> None:
    with cloud.running():
        shutil.rmtree(cloud.home)
    assert find_services(cloud.home) == []


def test_running_ends_its_services_with_a_damaged_state(cloud: LocalCloud) -> None:
    state = cloud.home / "local_cloud" / "state.json"
    with pytest.raises(UserError, match="is damaged"), cloud.running():
        state.write_text("{")
    assert find_services(cloud.home) == []
    state.unlink()


def test_up_quotes_the_log_of_a_service_that_fails(cloud: LocalCloud) -> None:
    database = cloud.home / "local_cloud" / "bigquery" / "bqemulator.duckdb"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"no database" * 1000)
    with pytest.raises(UserError) as failure:
        cloud.up()
    assert "the local bigquery ended while it started; the end of" in str(failure.value)
    assert "cannot open the database" in str(failure.value)
    assert states(cloud) == ["stopped"] * 3
    assert not (cloud.home / "endpoints.json").exists()


def test_up_refuses_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot keep the local cloud in"):
        LocalCloud(tmp_path / "file").up()
    assert states(LocalCloud(tmp_path / "file")) == ["stopped"] * 3


def test_up_on_a_full_disk_leaves_nothing_running(cloud: LocalCloud) -> None:
    folder = cloud.home / "local_cloud"
    folder.mkdir(parents=True)
    (folder / ".state.json.partial").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"No space left on device.*; free some space"):
        cloud.up()
    assert find_services(cloud.home) == []
    assert not list(folder.glob(".*"))
    assert states(cloud) == ["stopped"] * 3


def test_down_on_a_full_disk_ends_the_services(running: LocalCloud) -> None:
    (running.home / "local_cloud" / ".state.json.partial").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"No space left on device.*; free some space"):
        running.down()
    assert find_services(running.home) == []
    assert not (running.home / "endpoints.json").exists()


@pytest.mark.parametrize("name", ["lock", "state.json"])
def test_up_and_down_explain_files_they_cannot_open(tmp_path: Path, name: str) -> None:
    (tmp_path / "local_cloud" / name).mkdir(parents=True)
    for command in (LocalCloud.up, LocalCloud.down):
        with pytest.raises(UserError, match=r"cannot keep the local cloud in .*WATTIF_HOME"):
            command(LocalCloud(tmp_path))


def test_up_explains_a_log_it_cannot_open(tmp_path: Path) -> None:
    (tmp_path / "logs" / "gcs.log").mkdir(parents=True)
    with pytest.raises(UserError, match=r"gcs\.log\); .*WATTIF_HOME"):
        LocalCloud(tmp_path).up()


def test_status_explains_a_state_it_cannot_open(tmp_path: Path) -> None:
    (tmp_path / "local_cloud" / "state.json").mkdir(parents=True)
    with pytest.raises(UserError, match="cannot keep the local cloud in"):
        LocalCloud(tmp_path).status()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "make the folder yours and writable"),
        (errno.EROFS, "set WATTIF_HOME to a folder that is writable"),
        (errno.EDQUOT, "free some space there"),
        (errno.EMFILE, "raise the limit of open files"),
        (errno.EIO, "repair or remove that file"),
    ],
)
def test_os_errors_become_a_sentence_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def fail(file: Path) -> State:
        raise OSError(number, os.strerror(number), str(file))

    monkeypatch.setattr(State, "read", fail)
    for command in (LocalCloud.up, LocalCloud.down, LocalCloud.status):
        with pytest.raises(UserError, match=rf"{os.strerror(number)} \(.*state.json\); {remedy}"):
            command(LocalCloud(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_commands_explain_a_read_only_home(tmp_path: Path) -> None:
    folder = tmp_path / "local_cloud"
    for service in NAMES:
        (folder / service).mkdir(parents=True)
    (tmp_path / "logs").mkdir()
    folder.chmod(0o500)
    for command in (LocalCloud.up, LocalCloud.down):
        with pytest.raises(UserError, match=r"Permission denied.*; make the folder yours"):
            command(LocalCloud(tmp_path))
    folder.chmod(0o000)
    with pytest.raises(UserError, match=r"Permission denied.*; make the folder yours"):
        LocalCloud(tmp_path).status()
    folder.chmod(0o700)


def test_copied_home_leaves_the_original_alone(running: LocalCloud, tmp_path: Path) -> None:
    there, before = running.up(), pids(running)
    copy = LocalCloud(shutil.copytree(running.home, tmp_path / "copy"))
    assert states(copy) == ["stopped"] * 3
    assert copy.down() == []
    assert not (copy.home / "endpoints.json").exists()
    shutil.copytree(running.home, copy.home, dirs_exist_ok=True)
    try:
        here = copy.up()
        assert set(here.model_dump().values()).isdisjoint(there.model_dump().values())
        assert set(pids(copy).values()).isdisjoint(before.values())
        assert pids(running) == before
        assert len(find_services(copy.home)) == 3
    finally:
        assert copy.down() == NAMES
    assert pids(running) == before


def test_moved_home_keeps_its_services(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.up()
    before = pids(cloud)
    moved = LocalCloud(cloud.home.rename(tmp_path / "moved"))
    assert pids(moved) == before
    assert moved.down() == NAMES
    assert find_services(cloud.home) == []


def test_endpoints_file_names_its_home(running: LocalCloud) -> None:
    endpoints = running.up()
    file = running.home / "endpoints.json"
    assert json.loads(file.read_text())["home"] == str(running.home)
    assert read_endpoints(file) == endpoints


def test_hangup_ends_what_running_started(tmp_path: Path) -> None:
    """A closed terminal sends SIGHUP, often twice."""
    program = (
        "import signal, sys, time; from pathlib import Path;"
        "from wattif_dagster.local_cloud.supervisor import LocalCloud;"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "with LocalCloud(Path(sys.argv[1])).running():\n"
        "    print('up', flush=True); time.sleep(600)"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "up\n"
    assert len(find_services(tmp_path)) == 3
    command.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    command.send_signal(signal.SIGHUP)
    assert "KeyboardInterrupt" in command.communicate(timeout=60)[1]
    assert find_services(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b'{"ports": {"gcs.http": 99999}}', b'{"processes": 1}', b"\xff"]
)
def test_commands_explain_a_damaged_state(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "local_cloud").mkdir()
    (tmp_path / "local_cloud" / "state.json").write_bytes(content)
    for command in (LocalCloud.up, LocalCloud.status, LocalCloud.down):
        with pytest.raises(UserError, match=r"state\.json is damaged; end the services"):
            command(LocalCloud(tmp_path))


def test_status_has_no_address_without_a_port(tmp_path: Path) -> None:
    (tmp_path / "local_cloud").mkdir()
    (tmp_path / "local_cloud" / "state.json").write_text('{"ports": {"gcs.http": 9}}')
    addresses = [service.address for service in LocalCloud(tmp_path).status()]
    assert addresses == ["127.0.0.1:9", None, None]
