"""Files become landed days: ordered, without repetition, and every row accounted for."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattif_dagster.errors import CancelledError, UserError
from wattif_dagster.importing import days, order, spill
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.report import ImportReport
from wattif_dagster.importing.run import Import, import_files
from wattif_dagster.ingest.layout import import_report_name, manifest_name
from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.importing.conftest import ImportTexts
from wattif_dagster_tests.importing.landed_days import read_day, read_rejected
from wattif_dagster_tests.support.landing import contents

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
HEADER = "serial,time,kwh\n"


def write(*rows: tuple[object, ...], header: str = HEADER) -> str:
    return header + "".join(",".join(map(str, row)) + "\n" for row in rows)


def hours(serial: str, *values: object, first: datetime = datetime(2024, 1, 1)) -> list[tuple]:
    return [(serial, first + timedelta(hours=n), value) for n, value in enumerate(values)]


def test_readings_are_landed_by_meter_and_time(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    rows = [*hours("B", 1, 2), *hours("A", 0.1234567, 4)]
    random.Random(1).shuffle(rows)
    report = import_texts(write(*rows))
    assert read_day(gcs, MONDAY) == [
        ("A", "2024-01-01T00:00:00Z", 0.123457),
        ("A", "2024-01-01T01:00:00Z", 4),
        ("B", "2024-01-01T00:00:00Z", 1),
        ("B", "2024-01-01T01:00:00Z", 2),
    ]
    manifest = require_manifest(gcs, MONDAY)
    assert manifest.imported
    assert manifest.imported.report == import_report_name(report.id)
    assert (manifest.meters, manifest.interval_seconds) == (2, 3600)
    assert (report.read, report.landed, report.changed_days) == (4, 4, ["2024-01-01"])


def test_order_of_the_rows_changes_no_byte(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    rows = [row for meter in range(20) for row in hours(f"M{meter}", *range(40))]
    import_texts(write(*rows))
    before = read_day(gcs, MONDAY), read_day(gcs, TUESDAY)
    random.Random(1).shuffle(rows)
    assert import_texts(write(*rows)).changed_days == []
    assert (read_day(gcs, MONDAY), read_day(gcs, TUESDAY)) == before


def test_small_batches_chunks_and_objects_hold_the_same(
    import_texts: ImportTexts, gcs: GcsTransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cut for large files is put together again, with repeated rows across the cuts."""
    rows = [row for meter in range(7) for row in hours(f"M{meter}", *range(30))]
    rows += hours("M3", *range(100, 130))
    random.Random(1).shuffle(rows)
    monkeypatch.setattr(spill, "BATCH_ROWS", 5)
    monkeypatch.setattr(order, "CHUNK_ROWS", 40)
    monkeypatch.setattr(days, "OBJECT_BYTES", 500)
    report = import_texts(write(*rows))
    last = {(serial, str(at)): value for serial, at, value in rows}
    found = {
        (serial, time.replace("T", " ").rstrip("Z")): value
        for day in (MONDAY, TUESDAY)
        for serial, time, value in read_day(gcs, day)
    }
    assert found == last
    assert (report.landed, report.replaced) == (210, 30)
    assert len(require_manifest(gcs, MONDAY).objects) > 20
    monkeypatch.undo()
    assert import_texts(write(*rows)).changed_days == []


def test_last_row_of_a_meter_and_time_wins(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    first, second = write(*hours("A", 1, 2), *hours("A", 3)), write(*hours("A", 5))
    report = import_texts(first, second)
    assert [value for _, _, value in read_day(gcs, MONDAY)] == [5, 2]
    assert (report.landed, report.replaced) == (2, 2)


def test_later_import_merges_and_lands_what_changed(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    import_texts(write(*hours("A", *range(30))))
    before = gcs.read(manifest_name(TUESDAY))
    late = write(*hours("A", 7.25), *hours("B", 8), *hours("A", 24, first=datetime(2024, 1, 2)))
    report = import_texts(late)
    assert report.changed_days == ["2024-01-01"]
    assert gcs.read(manifest_name(TUESDAY)) == before
    found = {(serial, time[11:13]): value for serial, time, value in read_day(gcs, MONDAY)}
    assert found[("A", "00")] == 7.25
    assert found[("A", "23")] == 23
    assert found[("B", "00")] == 8
    assert len(found) == 25
    folders = {name.split("/")[1] for name in contents(gcs, "dt=2024-01-01/")}
    assert folders == {require_manifest(gcs, MONDAY).revision}


def test_same_import_again_changes_nothing(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    text = write(*hours("A", 0.1, 0.2, 1 / 3, -5))
    import_texts(text)
    before = contents(gcs, "dt=") | contents(gcs, "manifests/")
    assert import_texts(text).changed_days == []
    assert contents(gcs, "dt=") | contents(gcs, "manifests/") == before


def test_compressed_days_are_merged_too(import_texts: ImportTexts, gcs: GcsTransferManager) -> None:
    for value in (1, 2):
        import_texts(write(*hours(f"M{value}", value, value)), ingest={"compression": "gzip"})
    assert len(read_day(gcs, MONDAY)) == 4


def test_dry_run_lands_nothing(import_texts: ImportTexts, gcs: GcsTransferManager) -> None:
    report = import_texts(write(*hours("A", 1, 2)), store=None)
    assert (report.landed, report.dry_run) == (2, True)
    assert contents(gcs) == {}


def test_rejected_rows_are_kept_and_counted(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    bad = [
        ("A", "2024-02-30 00:00", 1),
        ("A", "2024-01-01 05:00", "Null"),
        ("x" * 65, "2024-01-01 05:00", 1),
        ("A", "2024-01-01 05:00", "many"),
        ("A", "2024-01-01 06:17", 1),
        ("A", "2024-01-01 07:00", 1e9),
    ]
    report = import_texts(write(*hours("A", 1, 2, 3, 4), *bad))
    assert {reason: found["rows"] for reason, found in report.rejected.items()} == {
        "time": 1,
        "no_value": 1,
        "serial": 1,
        "value": 1,
        "off_interval": 1,
        "range": 1,
    }
    assert [(row["row"], row["reason"]) for row in read_rejected(gcs)] == [
        (6, "time"),
        (7, "no_value"),
        (8, "serial"),
        (9, "value"),
        (10, "off_interval"),
        (11, "range"),
    ]
    imported = require_manifest(gcs, MONDAY).imported
    assert imported
    assert imported.rejected == 6


def test_meters_with_another_interval_are_rejected(import_texts: ImportTexts) -> None:
    start = datetime(2024, 1, 1)
    rows = [
        (meter, start + timedelta(minutes=n * step), 1)
        for meter, step in [("half", 30), ("half2", 30), ("hour", 60), ("quarter", 15)]
        for n in range(48)
    ]
    report = import_texts(write(*rows))
    assert report.interval_seconds == 1800
    assert report.rejected_meters == {"hour": 3600, "quarter": 0}
    assert report.rejected["other_interval"]["rows"] == 96
    assert report.meters == 2


def test_gaps_are_counted_by_meter(import_texts: ImportTexts) -> None:
    rows = [*hours("A", *range(48)), *hours("B", *range(48))]
    del rows[50:53]
    report = import_texts(write(*rows))
    assert report.gaps == {"B": 3}
    assert report.meters_without_gaps == 1
    assert report.complete_days == ["2024-01-02"]


@pytest.mark.parametrize(("unit", "kw"), [("kwh", 1.0), ("kw", 0.5)])
def test_unit_decides_what_a_value_means(
    import_texts: ImportTexts, gcs: GcsTransferManager, unit: str, kw: float
) -> None:
    import_texts(write(("A", "2024-01-01 00:00", 0.5), ("A", "2024-01-01 00:30", 0.5)), unit=unit)
    assert [value for _, _, value in read_day(gcs, MONDAY)] == [kw, kw]


def test_stamps_at_the_end_move_to_the_start(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    import_texts(write(*hours("A", 1, 2, first=datetime(2024, 1, 1, 23))), stamps="end")
    assert [time for _, time, _ in read_day(gcs, MONDAY)] == [
        "2024-01-01T22:00:00Z",
        "2024-01-01T23:00:00Z",
    ]


def test_clock_change_in_autumn_keeps_both_hours(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    """The file has 25 hours of local time, and one row of an hour that it does not have twice."""
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2024, 10, 26, 22, tzinfo=UTC)
    local = [(first + timedelta(hours=n)).astimezone(zone).replace(tzinfo=None) for n in range(25)]
    rows = [("A", at, n) for n, at in enumerate(local)]
    report = import_texts(write(*rows, ("B", "2024-10-27 02:00", 1)), zone=zone)
    assert report.rejected["repeated_hour"]["rows"] == 1
    assert [value for _, _, value in read_day(gcs, date(2024, 10, 27))] == [*range(2, 25)]


def test_wide_table_is_landed(import_texts: ImportTexts, gcs: GcsTransferManager) -> None:
    header = "meter,date," + ",".join(f"{n:02}:00" for n in range(24)) + "\n"
    report = import_texts(write(("A", "2024-01-01", *range(24)), header=header))
    assert read_day(gcs, MONDAY) == [("A", f"2024-01-01T{n:02}:00:00Z", n) for n in range(24)]
    assert (report.read, report.landed) == (24, 24)


def test_registers_become_energy(import_texts: ImportTexts, gcs: GcsTransferManager) -> None:
    values = [9990, 9995.5, 0.5, 3.5, 1.0, 2.25, "gap", 9]
    rows = [row for row in hours("A", *values) if row[2] != "gap"]
    report = import_texts(write(*rows, *hours("A", 9990)), unit="register")
    assert [(time[11:13], value) for _, time, value in read_day(gcs, MONDAY)] == [
        ("00", 5.5),
        ("01", 5),
        ("02", 3),
        ("04", 1.25),
    ]
    assert {reason: found["rows"] for reason, found in report.rejected.items()} == {
        "first_register": 1,
        "register_back": 1,
        "register_gap": 1,
    }
    assert report.read == report.landed + report.replaced + report.total_rejected


def test_interval_that_cannot_be_found_is_asked_for(import_texts: ImportTexts) -> None:
    with pytest.raises(UserError, match=r"Give it in seconds, e\.g\. --interval"):
        import_texts(write(*hours("A", 1)))
    assert import_texts(write(*hours("A", 1)), interval=3600).landed == 1


def test_readings_by_the_day_are_refused(import_texts: ImportTexts) -> None:
    rows = [("A", f"2024-01-{day:02}", 1) for day in range(1, 9)]
    with pytest.raises(UserError, match="86,400 seconds apart, but an interval must"):
        import_texts(write(*rows))


def test_landed_days_keep_their_interval(import_texts: ImportTexts) -> None:
    import_texts(write(*hours("A", 1, 2)))
    with pytest.raises(UserError, match="landed with readings of 3600 seconds, and these"):
        import_texts(write(("A", "2024-01-01 00:00", 1), ("A", "2024-01-01 00:30", 1)))


def test_file_without_a_reading_lands_nothing(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    report = import_texts(write(("A", "never", 1)))
    assert (report.read, report.landed, report.total_rejected, report.changed_days) == (1, 0, 1, [])
    assert contents(gcs, "manifests/") == {}


def test_broken_file_after_a_good_one_lands_nothing(
    import_texts: ImportTexts, gcs: GcsTransferManager
) -> None:
    with pytest.raises(UserError, match="is empty"):
        import_texts(write(*hours("A", 1, 2)), "")
    assert contents(gcs) == {}


def test_interrupted_day_continues_from_its_objects(
    import_texts: ImportTexts, gcs: GcsTransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first import dies before it writes a manifest; the objects that arrived are kept."""
    text = write(*hours("A", *range(24)))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(days, "publish", die)
    with pytest.raises(KeyboardInterrupt):
        import_texts(text)
    before = {item.name: item.generation for item in gcs.list("dt=")}
    assert before
    assert contents(gcs, "manifests/") == {}
    monkeypatch.undo()
    assert import_texts(text).changed_days == ["2024-01-01"]
    assert {item.name: item.generation for item in gcs.list("dt=")} == before


def test_object_that_is_gone_is_told(import_texts: ImportTexts, gcs: GcsTransferManager) -> None:
    import_texts(write(*hours("A", 1, 2)))
    gcs.delete(item.name for item in require_manifest(gcs, MONDAY).objects)
    with pytest.raises(UserError, match=r"nothing can be merged with that day\. Remove manifests/"):
        import_texts(write(*hours("A", 3)), interval=3600)


def test_stopped_import_lands_no_further_day(gcs: GcsTransferManager, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(write(*hours("A", *range(72))))
    monitor = Monitor()

    def stop_after_a_day(step: str, done: int, _total: int) -> None:
        if step == "days landed" and done == 1:
            monitor.stop.set()

    options = IngestOptions(spool_dir=str(tmp_path / "spool"))
    job = Import([file], ImportOptions(), options, None, monitor, stop_after_a_day)
    with pytest.raises(CancelledError):
        import_files(gcs, job)
    assert list(contents(gcs, "manifests/")) == [manifest_name(MONDAY)]
    assert list((tmp_path / "spool").iterdir()) == []


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", " A", "", "C$_$"]),
        st.integers(0, 49).map(lambda n: str(datetime(2024, 1, 1) + timedelta(minutes=30 * n)))
        | st.sampled_from(["2024-02-30", "", "2024-01-01 00:10"]),
        st.decimals(-10, 10, places=4).map(str) | st.sampled_from(["", "Null", "x", "1e12"]),
    ),
    max_size=40,
)


@given(files=st.lists(ROWS, min_size=1, max_size=3))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
def test_every_row_is_accounted_for(files: list[list[tuple]], import_texts: ImportTexts) -> None:
    report = import_texts(*(write(*rows) for rows in files), store=None, interval=1800)
    check_accounts(report, sum(map(len, files)))


def check_accounts(report: ImportReport, rows: int) -> None:
    assert report.read == rows
    assert report.read == report.landed + report.replaced + report.total_rejected
    assert sum(report.readings_by_day.values()) == report.landed
