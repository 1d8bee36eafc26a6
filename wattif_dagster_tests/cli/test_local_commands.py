import re
import signal
from pathlib import Path

import psutil
import pytest
import requests

from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster_tests.cli.conftest import Run, Start
from wattif_dagster_tests.support.wait import wait_until

pytestmark = pytest.mark.slow

SMALL = {
    "WATTIF_SIMULATION__INCIDENT": "surge",
    "WATTIF_SIMULATION__INCIDENT_DATE": "2024-01-06",
}
OUTAGES = {
    "WATTIF_SIMULATION__ANOMALY_SHARE": "0.5",
    "WATTIF_SIMULATION__ANOMALY_KINDS": "F2",
    "WATTIF_SIMULATION__ANOMALY_ONSET_DAY": "5",
    "WATTIF_SIMULATION__ANOMALY_ONSET_DAYS": "1",
}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A home without a local cloud: the command is to start one."""
    return {
        "WATTIF_HOME": str(tmp_path / "own"),
        "WATTIF_SIMULATION__START_DATE": "2024-01-01",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def find_processes(home: dict[str, str]) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(home["WATTIF_HOME"] in word for word in process.info["cmdline"] or [])
    ]


def answers(port: int) -> bool:
    try:
        served = requests.get(f"http://127.0.0.1:{port}/server_info", timeout=5)
    except requests.ConnectionError:
        return False
    return bool(served.json()["dagster_version"])


def test_up_status_and_down(wattif: Run, home: dict[str, str]):
    before = wattif("status", **home)
    assert before.returncode == 1
    assert before.stdout.count("stopped") == 3
    assert wattif("up", **home).returncode == 0
    joined = wattif("up", **home)
    assert joined.returncode == 0
    assert re.search(r"gcs +http://127\.0\.0\.1:\d+", joined.stdout)
    running = wattif("status", **home)
    assert running.returncode == 0
    assert running.stdout.count("running") == 3
    assert len(find_processes(home)) == 3
    down = wattif("down", **home)
    assert "gcs" in down.stdout
    assert wattif("down", **home).stdout == "No service was running.\n"
    assert find_processes(home) == []


def test_demo_reconciles_and_leaves_nothing_running(
    start_wattif: Start, wattif: Run, home: dict[str, str]
):
    first = start_wattif("demo", "--days", "6", **home, **SMALL, **OUTAGES)
    said, stderr = first.communicate()
    assert first.returncode == 0, stderr
    figures = dict(re.findall(r"^ (.+?) {2,}(.+?) *$", said, re.MULTILINE))
    rows = {
        figures[f"rows {what}"].split()[0]
        for what in ("rendered", "uploaded", "loaded", "rolled up")
    }
    assert len(rows) == 1
    assert int(rows.pop().replace(",", "")) == sum(5 + n for n in range(6)) * 96
    assert figures["incident found"].startswith("3 of its 3 hours ")
    # The outage of a meter for some hours breaks a rule, whatever the history.
    kind, meters, hours, found, missed = re.search(
        r"^ *(F2 +zero) +(\d+) +(\d+) +(\d+) +(\d+) *$", said, re.MULTILINE
    ).groups()  # type: ignore[union-attr]
    assert kind
    assert int(meters) > 0
    assert int(found) > 0
    assert int(hours) == int(found) + int(missed)
    plots = Path(home["WATTIF_HOME"]) / "demo"
    for name in ("fleet-2024-01-06.png", "F2-2024-01-06.png"):
        assert (plots / name).read_bytes().startswith(b"\x89PNG")
    assert find_processes(home) == []
    again = wattif("demo", "--days", "1", **home, **SMALL, **OUTAGES)
    assert again.returncode == 0, again.stderr
    assert "1 of the 1 days are made already." in again.stderr
    counted = dict(re.findall(r"^ (.+?) {2,}(\d+) .*$", again.stdout, re.MULTILINE))
    assert counted["rows rolled up"] == counted["rows rendered"] == "480"


def test_ctrl_c_in_the_demo_is_one_sentence(start_wattif: Start, home: dict[str, str]):
    process = start_wattif("demo", "--days", "6", **home)
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if "2024-01-02 meter_registry made" in line:
            process.send_signal(signal.SIGINT)
    assert process.wait() == 130, said
    assert "Traceback" not in said
    assert said.strip().endswith("Continue with: wattif demo --days 6")
    assert find_processes(home) == []


def test_killed_demo_blocks_no_day(start_wattif: Start, wattif: Run, home: dict[str, str]):
    process = start_wattif("demo", "--days", "6", **home)
    assert process.stderr
    for line in process.stderr:
        if "2024-01-02 meter_registry made" in line:
            process.kill()
    assert process.wait() == -signal.SIGKILL
    days = ("--start", "2024-01-02", "--end", "2024-01-02", "--select", "raw_readings+")
    try:
        again = wattif("backfill", *days, "--dry-run", **home)
        assert again.returncode == 0, again.stderr
        assert "was killed. It is marked as failed." in again.stderr
        assert "partitions to make" in again.stderr
    finally:
        assert wattif("down", **home).returncode == 0
    assert find_processes(home) == []


def test_ended_command_ends_what_it_started(start_wattif: Start, home: dict[str, str]):
    process = start_wattif("evaluate", "--meters", "5", **home)
    endpoints = Path(home["WATTIF_HOME"]) / "endpoints.json"
    wait_until(endpoints.exists, "the local cloud did not start", 120)
    assert len(find_processes(home)) == 3
    process.send_signal(signal.SIGTERM)
    assert "wattif: Stopped." in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert find_processes(home) == []


def test_dev_serves_the_ui_until_it_is_ended(
    start_wattif: Start, wattif: Run, home: dict[str, str]
):
    port = free_ports({"ui": None})["ui"]
    process = start_wattif("dev", "--port", str(port), **home)
    try:
        wait_until(lambda: answers(port), "dagster dev did not answer", 120)
        second = wattif("dev", "--port", str(port), **home)
        assert second.stderr == (
            f"wattif: Port {port} of 127.0.0.1 is in use. Choose another one with --port.\n"
        )
        other = free_ports({"other": None})["other"]
        third = wattif("dev", "--port", str(other), **home)
        assert "Another `wattif dev` serves" in third.stderr
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        _, alive = psutil.wait_procs(children, timeout=20)
        assert [p for p in alive if "local_cloud" not in " ".join(p.cmdline())] == []
    finally:
        process.kill()
        assert wattif("down", **home).returncode == 0
