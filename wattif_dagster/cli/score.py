"""wattif score: scores a file of hourly consumption, or the landed days, without labels."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from wattif_dagster import schemas
from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.progress import Tell, telling
from wattif_dagster.cli.types import require_writable
from wattif_dagster.detection.layered.queries import HISTORY_DAYS, LEAST_HISTORY_DAYS
from wattif_dagster.errors import UserError
from wattif_dagster.partitions import group_days
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.scoring.days import NEEDED_DAYS, needed_days, remake_tables, score_days
from wattif_dagster.scoring.files import read_hourly
from wattif_dagster.scoring.hours import History, examine_hours, find_landed_days, load_file
from wattif_dagster.scoring.output import describe_reasons, replacing, write_flagged, writing_scores
from wattif_dagster.scoring.pictures import plot_curves
from wattif_dagster.scoring.results import (
    Coverage,
    FlaggedMeter,
    find_coverage,
    find_flagged,
    find_worst_day,
    read_curve,
    read_scores,
)
from wattif_dagster.settings import Settings

SCORES, FLAGGED, PICTURE = "anomaly_scores.parquet", "flagged_meters.csv", "worst_meters.png"
METERS_DRAWN, METERS_NAMED = 6, 5
DAYS_DRAWN = 7


def run(hourly: Path | None, out: Path, days: int | None) -> None:
    """Score the file, or the days in the settings' bucket, and write what came of it into `out`."""
    settings = Settings.load()
    if hourly:
        next(read_hourly(hourly), None)  # so that a file that cannot be used starts nothing
    _make_folder(out)
    # What is loaded here is kept apart from the tables of the assets.
    apart = settings.model_copy(
        update={"dataset": f"{settings.dataset}_score", "table_type": "native"}
    )
    with running_cloud(settings), telling(Console(stderr=True)) as tell:
        bigquery = build_resources(apart)["wattif_bigquery"]
        remake_tables(bigquery)
        if hourly:
            load_file(bigquery, hourly, lambda done, total: tell("file read", done, total))
        else:
            _load_landed(build_resources(settings)["wattif_gcs"], bigquery, days, tell)
        history = examine_hours(bigquery, str(hourly or "The bucket"))
        since = history.days[-min(days or len(history.days), len(history.days))]
        needed = needed_days(history.days, since)
        made = score_days(
            bigquery, needed, since, history.expected_readings, settings.simulation.local_time
        )
        with writing_scores(out / SCORES) as writer:
            for done, day in enumerate(made, 1):
                if day >= since:
                    for batch in read_scores(bigquery, day):
                        writer.write_batch(batch.cast(writer.schema))
                tell("days", done, len(needed))
        flagged = find_flagged(bigquery, settings.alerts.rule)
        write_flagged(out / FLAGGED, flagged)
        with replacing(out / PICTURE) as part:
            part.write_bytes(_draw(bigquery, flagged[:METERS_DRAWN], since, history, tell))
        coverage = find_coverage(bigquery, since)
    _print(coverage, flagged, history, out)


def _make_folder(out: Path) -> None:
    """Make the folder and require that its files can be written. Raises UserError."""

    def refuse(sentence: str) -> None:
        raise UserError(f"{sentence.removesuffix('Choose another file.')}Choose another --out.")

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"{out} cannot be made ({error.strerror}). ")
    for name in (SCORES, FLAGGED, PICTURE):
        require_writable(out / name, refuse)


def _load_landed(
    gcs: GcsTransferManager, bigquery: BigQueryWarehouse, days: int | None, tell: Tell
) -> None:
    """Load and roll up the landed days that scoring the last `days` needs, one after the other."""
    from wattif_dagster.defs.hourly_consumption.asset import roll_up
    from wattif_dagster.defs.meter_readings.load import load_readings
    from wattif_dagster.ingest.manifest import require_manifest

    gcs.require_bucket()
    landed = find_landed_days(gcs)
    if not landed:
        raise UserError(
            f"{gcs.uri} has no day. Land some with `wattif import` or `wattif generate`, "
            "or give a file with --hourly."
        )
    if days:
        first = landed[-1] - timedelta(days=days + NEEDED_DAYS)
        landed = [day for day in landed if day >= first]
    interval = require_manifest(gcs, landed[-1]).interval_seconds
    for done, day in enumerate(landed, 1):
        manifest = require_manifest(gcs, day)
        if manifest.interval_seconds != interval:
            raise UserError(
                f"{day} has readings of {manifest.interval_seconds} seconds and {landed[-1]} of "
                f"{interval}. Score days of one interval, with --days or from another bucket."
            )
        load_readings(gcs, bigquery, manifest)
        roll_up(bigquery, manifest)
        bigquery.drop_partition(schemas.METER_READINGS, day)
        tell("days loaded", done, len(landed))


def _draw(
    bigquery: BigQueryWarehouse,
    meters: Sequence[FlaggedMeter],
    since: date,
    history: History,
    tell: Tell,
) -> bytes:
    """Draw each meter's week around its worst day."""
    curves, week = {}, timedelta(days=DAYS_DRAWN - 1)
    for rank, meter in enumerate(meters, 1):
        first = find_worst_day(bigquery, meter.serial) - week // 2
        first = max(since, min(first, history.days[-1] - week))
        title = f"{rank}. {meter.serial}: {describe_reasons(meter, most=2)}"
        curves[title] = read_curve(bigquery, meter.serial, first, first + week)
        tell("meters drawn", rank, len(meters))
    return plot_curves(curves)


def _print(
    coverage: Coverage, flagged: Sequence[FlaggedMeter], history: History, out: Path
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    days = coverage.days
    console.print(
        f"{len(days):,} days of {coverage.meters:,} meters are scored, {days[0]} to {days[-1]}, "
        f"of {len(history.days):,} days. Readings in a complete hour: "
        f"{history.expected_readings:,}."
    )
    _print_days(
        console,
        coverage.by_rules,
        "are judged by the rules alone: meters need "
        f"{LEAST_HISTORY_DAYS} days of history, and the fleet earlier scores to compare with",
    )
    _print_days(
        console,
        coverage.provisional,
        f"are provisional: fewer than {HISTORY_DAYS} days lie before them",
    )
    _print_days(console, coverage.settled, "are scored with a full history")
    console.print(
        f"{coverage.young_meters:,} meters have fewer than {LEAST_HISTORY_DAYS} days of history, "
        f"so that the rules alone judge them; {coverage.provisional_meters:,} more have fewer than "
        f"{HISTORY_DAYS}."
    )
    provisional = sum(meter.provisional for meter in flagged)
    console.print(
        f"{len(flagged):,} meters are flagged, {provisional:,} of them by provisional "
        "scores alone. The worst:"
    )
    for meter in flagged[:METERS_NAMED]:
        console.print(Text(f"  {meter.serial}: {describe_reasons(meter, most=2)}"))
    for what, name in (("scores", SCORES), ("flagged", FLAGGED), ("picture", PICTURE)):
        console.print(Text(f"{what:8} {out / name}"))


def _print_days(console: Console, days: Sequence[date], what: str) -> None:
    if days:
        spans = ", ".join(f"{span.first} to {span.last}" for span in group_days(days))
        console.print(f"  {len(days):,} of them {what} ({spans}).")
