"""The `wattif` command line: every command with its options.

A command's work is in the module of its name, imported when the command runs: Dagster and the
Google clients take seconds to import, and `--help` must not wait for them.
"""

from datetime import date
from pathlib import Path
from typing import Literal, get_args

import click

from wattif_dagster.cli.types import Day, Days, Duration, OutputFile, positive
from wattif_dagster.metering.household.presets import PresetName

FIRST_DAY = click.option("--start", type=Day(), required=True, help="First day.")
LAST_DAY = click.option("--end", type=Day(), required=True, help="Last day.")
COMPRESSION = click.option("--compression", type=click.Choice(["none", "gzip"]))
METERS = click.option("--meters", type=positive(), help="Meters on the fleet's first day.")
JSON = click.option("--json", "json_file", type=OutputFile(), help="Write every figure as JSON.")

UI_PORT = 3000
"""The Dagster UI's port unless another one is given."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wattif-dagster")
def wattif() -> None:
    """Generate smart-meter data, land it in Google Cloud, and find the anomalies in it."""


@wattif.command()
def up() -> None:
    """Start the local cloud and make its bucket."""
    from wattif_dagster.cli import cloud

    cloud.up()


@wattif.command()
def down() -> None:
    """End the local cloud. Its data stays."""
    from wattif_dagster.cli import cloud

    cloud.down()


@wattif.command()
def status() -> None:
    """Show the services of the local cloud.

    The exit code is 1 unless all of them run.
    """
    from wattif_dagster.cli import cloud

    cloud.status()


@wattif.command()
def doctor() -> None:
    """Check that WattIf can run here, and on its cloud.

    Each line says what is fine, or what is wrong and the command that mends it. Nothing is changed.
    The exit code is 1 when something is wrong.
    """
    from wattif_dagster.cli import doctor

    doctor.run()


@wattif.command()
@FIRST_DAY
@LAST_DAY
@click.option("--bucket", help="Bucket. Default: WATTIF_BUCKET or smart-meter-fake-data-t.")
@METERS
@click.option("--target", type=click.Choice(["local", "gcp"]), help="Where the bucket is.")
@click.option(
    "--spool-dir",
    type=click.Path(path_type=Path),
    help="Directory for files before their upload, at most 256 MiB.",
)
@COMPRESSION
@click.option(
    "--meters-per-object",
    type=positive(),
    help="Meters in a file (default 10). With 1, files are named by serial.",
)
@click.option("--replace", is_flag=True, help="Replace the fleet that the bucket holds.")
@click.option("-v", "--verbose", is_flag=True, help="Write a line each second.")
def generate(
    start: date,
    end: date,
    bucket: str | None,
    meters: int | None,
    target: str | None,
    spool_dir: Path | None,
    compression: str | None,
    meters_per_object: int | None,
    replace: bool,
    verbose: bool,
) -> None:
    """Fill the bucket with every reading from START to END."""
    from wattif_dagster.cli import generate

    generate.run(
        (start, end),
        {"bucket": bucket, "target": target},
        {"meters": meters},
        {
            "spool_dir": str(spool_dir) if spool_dir else None,
            "compression": compression,
            "meters_per_object": meters_per_object,
        },
        replace=replace,
        verbose=verbose,
    )


@wattif.command()
@METERS
@click.option(
    "--every", type=Duration(), default="60s", show_default=True, help="Time of an object."
)
@click.option("--start", type=Day(), help="Start at this day's midnight. Default: today's.")
@click.option(
    "--speed",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=1,
    show_default=True,
    help="How many times as fast as the wall's the clock runs, from --start on.",
)
@click.option("--for", "lasting", type=Duration(), help="End after this time. Default: Ctrl-C.")
@COMPRESSION
def stream(
    meters: int | None,
    every: int,
    start: date | None,
    speed: float,
    lasting: int | None,
    compression: str | None,
) -> None:
    """Land readings while the clock runs, as small objects.

    It begins with what has passed of the day, and says how far it is behind the clock. A day's
    manifest is written when the day is over. The same command continues a stream that ended.
    """
    from wattif_dagster.cli import stream

    stream.run({"meters": meters}, {"compression": compression}, every, (start, speed), lasting)


@wattif.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    type=click.Choice(["csv", "parquet", "nem12", "green-button"]),
    help="Found out from the content unless given.",
)
@click.option("--serial", help="Column of the serial.")
@click.option("--timestamp", help="Column of the timestamp, or of the date in a wide table.")
@click.option("--value", help="Column of the value.")
@click.option(
    "--unit",
    type=click.Choice(["kwh", "kw", "register"]),
    help="kwh: energy of the interval (default); kw: its mean power; register: a counter in kWh.",
)
@click.option(
    "--interval",
    type=click.IntRange(1, 3600),
    help="Seconds of an interval; found out if not given.",
)
@click.option(
    "--timezone",
    help="Time zone of local times, such as Europe/Berlin. Default: WATTIF_TIMEZONE, or UTC.",
)
@click.option(
    "--stamps",
    type=click.Choice(["start", "end"]),
    default="start",
    show_default=True,
    help="The end of its interval that a timestamp marks.",
)
@click.option("--time-format", help="Format of the timestamps, such as '%d/%m/%Y %H:%M'.")
@click.option(
    "--decimal-comma/--decimal-point", default=None, help="Found out from the content unless given."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be landed.")
def import_readings(
    files: tuple[Path, ...],
    format: Literal["csv", "parquet", "nem12", "green-button"] | None,
    serial: str | None,
    timestamp: str | None,
    value: str | None,
    unit: Literal["kwh", "kw", "register"] | None,
    interval: int | None,
    timezone: str | None,
    stamps: Literal["start", "end"],
    time_format: str | None,
    decimal_comma: bool | None,
    dry_run: bool,
) -> None:
    """Land the readings of your own meters.

    FILES are CSV, Parquet, NEM12 or Green Button XML, plain or compressed by gzip. Readings of a
    meter and time that were imported before are replaced. Each row is landed, replaced by a later
    one, or rejected, and the report counts them.
    """
    from wattif_dagster.cli import import_readings
    from wattif_dagster.importing.options import ImportOptions, Names

    options = ImportOptions(
        format=format,
        names=Names(serial, timestamp, value),
        unit=unit,
        interval=interval,
        zone=import_readings.parse_zone(timezone) if timezone else None,
        stamps=stamps,
        decimal_comma=decimal_comma,
        time_format=time_format,
    )
    import_readings.run(files, options, dry_run=dry_run)


@wattif.command()
@click.argument("file", type=OutputFile())
def example(file: Path) -> None:
    """Write a CSV to try `wattif import` with."""
    from wattif_dagster.importing.example import write_example

    click.echo(f"{write_example(file):,} readings of 30 homes written to {file}.")


@wattif.command()
@FIRST_DAY
@LAST_DAY
@click.option(
    "--select",
    default="*",
    show_default=True,
    help="Assets, in Dagster's selection syntax: raw_readings, 'raw_readings+', 'group:landing'. "
    "A comma means or.",
)
@click.option("--again", is_flag=True, help="Make up-to-date partitions again too.")
@click.option("--queue", is_flag=True, help="Submit the runs to the Dagster instance's queue.")
@click.option(
    "--replace", is_flag=True, help="Replace the fleet that the bucket holds; implies --again."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
def backfill(
    start: date, end: date, select: str, again: bool, queue: bool, replace: bool, dry_run: bool
) -> None:
    """Make what is missing, failed or stale, a run for each day.

    The runs execute in this process, oldest day first. Ctrl-C cancels the day in progress, and the
    same command makes the rest.
    """
    from wattif_dagster.cli import backfill

    request = backfill.Request(start, end, select, again=again, queue=queue)
    backfill.run(request, replace_fleet=replace, dry_run=dry_run)


@wattif.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--fail", help="Mark this unfinished run, whose process is gone, as failed.")
def runs(limit: int, fail: str | None) -> None:
    """List the latest runs, and why they failed."""
    from wattif_dagster.cli import runs

    if fail is not None:
        runs.fail(fail)
    else:
        runs.list_runs(limit)


@wattif.command()
@FIRST_DAY
@LAST_DAY
def verify(start: date, end: date) -> None:
    """Compare the bucket, the tables and the manifests of days.

    The exit code is 1 when they differ. Nothing is downloaded: objects are compared by size and
    CRC-32C, tables by rows and energy.
    """
    from wattif_dagster.cli import verify

    verify.run(start, end)


@wattif.command()
@click.argument("sql", required=False)
@click.option("--csv", "form", flag_value="csv", help="Write all rows as CSV.")
@click.option("--json", "form", flag_value="json", help="Write all rows as JSON, one a line.")
@click.option(
    "--rows", type=positive(), default=50, show_default=True, help="Rows shown on the terminal."
)
def query(sql: str | None, form: Literal["csv", "json"] | None, rows: int) -> None:
    """Run SQL on the tables, or list them.

    A table needs no more than its name: wattif query 'SELECT * FROM hourly_consumption'. Without
    SQL the tables are listed with their rows and columns. On Google Cloud a query costs what
    BigQuery charges for it.
    """
    from wattif_dagster.cli import query

    query.run(sql, form, rows)


@wattif.command()
@click.option("--day", type=Day(), required=True, help="The day to report on.")
@click.option("--out", type=OutputFile(), help="File of the page. Default: report-DAY.html.")
def report(day: date, out: Path | None) -> None:
    """Write a page about a day: the meters to look at, and why.

    It is made from the tables, as the asset daily_report is.
    """
    from wattif_dagster.cli import report

    report.run(day, out)


@wattif.command()
@click.argument("serial", required=False)
@click.option(
    "--verdict",
    type=click.Choice(["theft", "fault", "benign", "unknown"]),
    help="What was found at the meter.",
)
@click.option("--note", help="Any text, which reports show.")
@click.option("--snooze", type=Days(), help="Send no alerts of it for so many days, e.g. 30d.")
def feedback(
    serial: str | None,
    verdict: Literal["theft", "fault", "benign", "unknown"] | None,
    note: str | None,
    snooze: int | None,
) -> None:
    """Say what was found out about a meter, or list what was said.

    Reports show the latest verdict of each meter.
    """
    from wattif_dagster.cli import feedback

    feedback.run(serial, verdict, note, snooze)


@wattif.command()
@METERS
@click.option("--days", type=positive(), help="Days of the backfill, 30 unless given.")
@click.option("--by-asset", is_flag=True, help="Say what one day of each asset costs instead.")
@click.option("--load", type=click.Choice(["uniform", "household"]), help="What meters draw.")
@click.option("--interval-seconds", type=positive(), help="Length of a reading's interval.")
@COMPRESSION
@click.option("--meters-per-object", type=positive(), help="Meters in a file.")
@click.option("--uplink", type=click.FloatRange(0, min_open=True), help="Megabits a second.")
@click.option("--prices", type=click.Path(path_type=Path), help="An edited price table (YAML).")
@JSON
def plan(
    meters: int | None,
    days: int | None,
    by_asset: bool,
    load: str | None,
    interval_seconds: int | None,
    compression: str | None,
    meters_per_object: int | None,
    uplink: float | None,
    prices: Path | None,
    json_file: Path | None,
) -> None:
    """Say what a backfill will take: bytes, time, quotas and cost.

    It renders, compresses and spools for some seconds to measure, and sends nothing.
    """
    from wattif_dagster.cli import plan

    plan.run(
        days,
        {"meters": meters, "load": load, "interval_seconds": interval_seconds},
        {"compression": compression, "meters_per_object": meters_per_object},
        by_asset=by_asset,
        uplink=uplink,
        prices=prices,
        json_file=json_file,
    )


@wattif.command()
@click.option("--days", type=positive(), help="The first so many; 14 of a new fleet unless given.")
@click.option("--keep", is_flag=True, help="Leave the local cloud running.")
def demo(days: int | None, keep: bool) -> None:
    """Make a fleet's days and say what came of them.

    A new fleet has its last day yesterday, and an incident on it. Its settings are kept in `.env`,
    so that later commands go on with it. Of a fleet that is set, all days up to yesterday are made
    unless --days says less. Days that are made already stay.
    """
    from wattif_dagster.cli import demo

    demo.run(days, keep=keep)


@wattif.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=UI_PORT,
    show_default=True,
    help="Port of the UI on 127.0.0.1.",
)
def dev(port: int) -> None:
    """Serve the Dagster UI until Ctrl-C, over the local cloud."""
    from wattif_dagster.cli import dev

    dev.run(port)


@wattif.group()
def alerts() -> None:
    """Try the channels that alerts are sent to."""


@alerts.command()
def test() -> None:
    """Send a sample message, or print it.

    It goes to each channel of WATTIF_ALERTS__NOTIFY_URLS. The exit code is 1 when one does not take
    it. Without channels the message is printed.
    """
    from wattif_dagster.cli import alerts

    alerts.test()


@wattif.command()
@click.option("--meters", type=positive(), default=100, show_default=True)
@click.option("--days", type=click.IntRange(8, 36_500), default=70, show_default=True)
@click.option("--seeds", type=positive(), default=1, show_default=True)
@JSON
@click.option(
    "--hourly",
    type=click.Path(path_type=Path),
    help="Parquet or CSV of hourly consumption or readings to score instead of simulated meters "
    "(columns: docs/evaluation.md).",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Known anomalies of that file. Without them some are injected into it.",
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the meters that get an anomaly; 0.05 unless given.",
)
def evaluate(
    meters: int,
    days: int,
    seeds: int,
    json_file: Path | None,
    hourly: Path | None,
    labels: Path | None,
    share: float | None,
) -> None:
    """Measure how well the detector finds known anomalies.

    The meters are simulated, or those of a file. Anomalies are injected into a share of them,
    unless labels of the file say what is wrong.
    """
    from wattif_dagster.cli import evaluate

    request = evaluate.Request(meters, days, seeds, share, hourly, labels)
    evaluate.run(request, json_file)


@wattif.command()
@click.option(
    "--hourly",
    type=click.Path(path_type=Path),
    help="Parquet or CSV of hourly consumption or readings (columns: docs/evaluation.md). "
    "The landed days unless given.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for scores, flagged meters and a picture of the worst.",
)
@click.option("--days", type=positive(), help="Score the last DAYS days only. Default: all.")
def score(hourly: Path | None, out: Path, days: int | None) -> None:
    """Score the meters of a file, or those of the landed days.

    Nothing needs to be known of them, and no asset is made. It says how many days are scored, and
    which scores are provisional.
    """
    from wattif_dagster.cli import score

    score.run(hourly, out, days)


@wattif.command()
@click.option("--meters", type=positive(), help="Homes; the bounds are for 1,000 or more.")
@click.option("--days", type=positive(), help="Days; the bounds are for 14 or more.")
@click.option("--first", type=Day(), default="2024-01-08", show_default=True, help="First day.")
@click.option(
    "--homes",
    type=click.Choice(get_args(PresetName)),
    help="Preset of the homes; that of the settings unless set.",
)
@JSON
@click.option("--picture", type=OutputFile(), help="Write the plot here, not HOME/realism.png.")
def realism(
    meters: int | None,
    days: int | None,
    first: date,
    homes: PresetName | None,
    json_file: Path | None,
    picture: Path | None,
) -> None:
    """Compare simulated homes with real ones.

    The exit code is 1 when a figure is out of its bounds.
    """
    from wattif_dagster.cli import realism

    realism.run(meters, days, first, homes=homes, json_file=json_file, picture=picture)
