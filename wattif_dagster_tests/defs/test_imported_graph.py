"""The graph of imported readings: no truth about anomalies, and checks that warn."""

from datetime import date
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity, DagsterInstance

from wattif_dagster import keys
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.definitions import build_defs
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.run import Import, import_files
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster.settings.source import SourceSettings
from wattif_dagster_tests.support.runs import make_resources, read_metadata, run_day

MONDAY, TUESDAY = date(2024, 1, 1), date(2024, 1, 2)
UP_TO_DAYS = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
    keys.METER_DAYS,
]


@pytest.fixture
def imported(settings: Settings) -> Settings:
    """The settings, of imported readings."""
    return settings.model_copy(
        update={"source": SourceSettings(kind="files", first_day=MONDAY)}  # type: ignore[arg-type]
    )


def test_graph_has_no_truth_about_anomalies(settings: Settings, imported: Settings) -> None:
    simulated, real = (set(read_graph(build_defs(each)).parents) for each in (settings, imported))
    assert simulated - real == {keys.INJECTED_ANOMALIES, keys.DETECTOR_EVALUATION}
    assert real < simulated


def test_partitions_begin_on_the_first_imported_day(imported: Settings) -> None:
    (first, *_) = read_graph(build_defs(imported)).definitions
    assert first.partitions_def
    assert first.partitions_def.get_first_partition_key() == "2024-01-01"


def test_shards_are_of_simulated_days_alone(imported: Settings) -> None:
    sharded = imported.model_copy(update={"ingest": IngestOptions(shards=3)})
    assert read_graph(build_defs(sharded)).parents.keys() == (
        read_graph(build_defs(imported)).parents.keys()
    )


def test_gaps_and_large_readings_warn_and_stop_nothing(
    imported: Settings, instance: DagsterInstance, tmp_path: Path
) -> None:
    """On Tuesday one meter is silent, one lacks an hour, and one draws 200 kW."""
    rows = [f"{meter},{MONDAY} {hour:02}:00,1" for meter in "ABC" for hour in range(24)]
    rows += [f"A,{TUESDAY} {hour:02}:00,200" for hour in range(24)]
    rows += [f"B,{TUESDAY} {hour:02}:00,1" for hour in range(23)]
    file = tmp_path / "readings.csv"
    file.write_text("serial,time,kwh\n" + "\n".join(rows))
    gcs = make_resources(imported)["wattif_gcs"]
    options = IngestOptions(spool_dir=str(tmp_path / "spool"))
    import_files(gcs, Import([file], ImportOptions(), options, None, Monitor(), lambda *_: None))
    run = run_day(imported, instance, UP_TO_DAYS, TUESDAY)
    assert run.success
    found = run.evaluations()
    reported = {
        name: read_metadata(check)["reported_faults"]
        for name, check in found.items()
        if not check.passed
    }
    assert reported == {"serials_match_registry": 1, "readings_in_range": 24, "hours_complete": 1}
    assert {found[name].severity for name in reported} == {AssetCheckSeverity.WARN}
    assert run.metadata(keys.METER_REGISTRY)["meters"] == 3
    assert run.metadata(keys.RAW_READINGS)["dagster/partition_row_count"] == 47
