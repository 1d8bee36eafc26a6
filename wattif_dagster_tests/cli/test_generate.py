import re
import signal
from datetime import date

import pytest

from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run, Start
from wattif_dagster_tests.support.faults import Proxy, pass_on, status

DAYS = ("--start", "2024-01-01", "--end", "2024-01-02")


@pytest.fixture
def gcs(settings: Settings) -> GcsTransferManager:
    store = build_resources(settings)["wattif_gcs"]
    store.ensure_bucket()
    return store


def test_generate_lands_every_reading(wattif: Run, gcs: GcsTransferManager):
    done = wattif("generate", *DAYS, "--meters", "7", "--meters-per-object", "1")
    assert done.returncode == 0, done.stderr
    assert f"2 of 2 days are complete in {gcs.uri}" in done.stdout
    first, second = (read_manifest(gcs, date(2024, 1, n)) for n in (1, 2))
    assert first
    assert second
    assert first.total_rows == 7 * 96
    assert len(first.objects) == 7
    assert first.differences(gcs.list(day_prefix(first.day))) == []
    assert f"{second.total_rows:,}" in done.stdout


def test_generate_begins_a_fleet_when_it_is_set(wattif: Run, gcs: GcsTransferManager):
    first = {"WATTIF_SIMULATION__START_DATE": "2023-06-30"}
    done = wattif("generate", "--start", "2023-06-30", "--end", "2023-06-30", **first)
    assert done.returncode == 0, done.stderr
    manifest = read_manifest(gcs, date(2023, 6, 30))
    assert manifest
    assert manifest.meters == 5


def test_second_run_sends_nothing_again(wattif: Run, gcs: GcsTransferManager):
    assert wattif("generate", *DAYS).returncode == 0
    before = {o.name: o.generation for o in gcs.list("dt=")}
    assert wattif("generate", *DAYS).returncode == 0
    assert {o.name: o.generation for o in gcs.list("dt=")} == before


@pytest.mark.usefixtures("gcs")
@pytest.mark.parametrize("taken", [0, 3], ids=["the fleet", "the readings"])
def test_refusal_of_the_service_is_quoted(wattif: Run, gcs_proxy: Proxy, taken: int):
    gcs_proxy.on("POST", "/upload/", pass_on, times=taken)
    gcs_proxy.on("POST", "/upload/", status(400, "no such storage class"))
    refused = wattif("generate", *DAYS)
    assert refused.returncode == 1
    said = "objects did not arrive" if taken else "refused"
    assert re.search(f"^wattif: .*{said}.*no such storage class", refused.stderr, re.MULTILINE)
    assert "Traceback" not in refused.stderr


def test_other_fleet_is_replaced_only_when_asked(wattif: Run, gcs: GcsTransferManager):
    assert wattif("generate", *DAYS).returncode == 0
    refused = wattif("generate", *DAYS, "--meters", "6")
    assert refused.returncode == 1
    assert "WATTIF_SIMULATION__METERS is 5 there, 6 here" in refused.stderr
    assert "add --replace to" in refused.stderr
    kept = read_manifest(gcs, date(2024, 1, 1))
    assert kept
    assert kept.meters == 5
    assert wattif("generate", *DAYS, "--meters", "6", "--replace").returncode == 0
    replaced = read_manifest(gcs, date(2024, 1, 1))
    assert replaced
    assert replaced.meters == 6


def test_verbose_writes_a_line_for_progress(wattif: Run, gcs: GcsTransferManager):
    assert gcs.bucket
    done = wattif("generate", *DAYS, "-v")
    assert "2024-01-01 1/1 objects, 480 rows" in done.stderr


def test_same_command_continues_after_ctrl_c(
    start_wattif: Start, wattif: Run, gcs: GcsTransferManager, settings: Settings
):
    assert gcs.bucket
    command = ("generate", "--start", "2024-01-01", "--end", "2024-01-15", "--meters", "200")
    quick = {"WATTIF_SIMULATION__INTERVAL_SECONDS": "60"}
    process = start_wattif(*command, "-v", **quick)
    assert process.stderr
    while not process.stderr.readline().startswith("2024-01-03 "):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command continues from here.\n" in stderr
    assert stderr.endswith("wattif: Stopped.\n")
    assert "Traceback" not in stderr
    assert "of 15 days are complete" in said
    assert list((settings.home / "spool").iterdir()) == []
    again = wattif(*command, **quick)
    assert again.returncode == 0, again.stderr
    assert "15 of 15 days are complete" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "sentence"),
    [
        (("--start", "2024-01-02", "--end", "2024-01-01"), {}, 1, "--end 2024-01-01 is before"),
        (("--start", "2024-1-2", "--end", "2024-01-03"), {}, 2, "'2024-1-2' is not a date"),
        (("--start", "2024-02-30", "--end", "2024-03-01"), {}, 2, "'2024-02-30' is not a date"),
        ((*DAYS, "--bucket", "no-such-bucket"), {}, 1, "bucket no-such-bucket does not exist"),
        ((*DAYS, "--bucket", "NO"), {}, 1, "'NO' is not a bucket name"),
        ((*DAYS, "--meters", "0"), {}, 2, "0 is not in the range"),
        ((*DAYS, "--meters", "9" * 23), {}, 2, "is not in the range"),
        (("--start", "2023-01-01", "--end", "2023-01-01"), {}, 1, "is before the fleet's first"),
        (("--start", "2024-01-01", "--end", "2999-01-01"), {}, 1, "must be in the past (UTC)"),
        ((*DAYS, "--spool-dir", "/dev/null/x"), {}, 1, "spool directory /dev/null/x cannot be"),
        ((*DAYS, "--target", "gcp"), {"HOME": "/nonexistent"}, 1, "no Google credentials"),
        (DAYS, {"WATTIF_HOME": "/nonexistent"}, 1, "The local cloud is not running."),
        (DAYS, {"WATTIF_SIMULATION__INTERVAL_SECONDS": "7"}, 1, "does not divide an hour"),
        (
            (*DAYS, "--meters-per-object", "13"),
            {"WATTIF_SIMULATION__INTERVAL_SECONDS": "10"},
            1,
            "Set it to 12 or less.",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    wattif: Run,
    gcs: GcsTransferManager,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    code: int,
    sentence: str,
):
    done = wattif("generate", *arguments, **environment)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == (1 if code == 1 else 4)
    assert list(gcs.list("dt=")) == []
