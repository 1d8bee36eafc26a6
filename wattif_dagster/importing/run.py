"""Imports files: stages them, finds the interval, and lands the days that change."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from wattif_dagster.errors import UserError
from wattif_dagster.importing.days import ImportLanding, Tally, count_days, land_days
from wattif_dagster.importing.intervals import find_interval, hold_against, reject_unfit
from wattif_dagster.importing.landed import find_landed, require_interval, spill_landed, to_date
from wattif_dagster.importing.lines import Lines
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.order import Ordered
from wattif_dagster.importing.registers import take_differences
from wattif_dagster.importing.rejections import Rejections
from wattif_dagster.importing.report import ImportReport, make_report
from wattif_dagster.importing.spill import Spill
from wattif_dagster.importing.staged_files import stage_file
from wattif_dagster.importing.staging import Staging
from wattif_dagster.ingest.layout import import_report_name, rejected_rows_name
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR
from wattif_dagster.settings.ingest import IngestOptions

Tell = Callable[[str, int, int], None]
"""Is told a step's name, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Import:
    """What is imported, and where to.

    `first_day` is the first day that may be landed, None for any. Without a store, nothing is
    landed, and nothing is known of days that were landed before.
    """

    files: Sequence[Path]
    options: ImportOptions
    ingest: IngestOptions
    first_day: date | None
    monitor: Monitor
    tell: Tell


def import_files(store: ObjectStore | None, job: Import) -> ImportReport:
    """Land the readings of the files, with those that were landed before.

    Raises UserError for what you must fix, before anything is landed, CancelledError when the
    monitor stops it, or whatever the store raises. The same import then continues.
    """
    spool = Path(job.ingest.spool_dir)
    try:
        spool.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="import-", dir=spool)
    except OSError as error:
        raise UserError(
            f"The spool directory {spool} cannot be used ({error.strerror}). "
            "Set WATTIF_INGEST__SPOOL_DIR to a writable one."
        ) from None
    with folder as name:
        return _Run(store, job, Path(name)).run()


class _Run:
    """One import, whose steps share what was found out so far."""

    def __init__(self, store: ObjectStore | None, job: Import, folder: Path) -> None:
        self.store, self.job = store, job
        self._folder = folder
        rejected = folder / "rejected"
        rejected.mkdir()
        self.staging = Staging(Spill(folder / "staged"), Rejections(rejected))

    def run(self) -> ImportReport:
        """Do the steps."""
        job, staging = self.job, self.staging
        for path in job.files:
            self._stage(path)
        unit = job.options.unit or "kwh"
        landed = find_landed(self.store, staging.spill.days) if self.store else {}
        before = next((each.interval_seconds for each in landed.values()), None)
        interval = job.options.interval or find_interval(staging, before)
        unit_kw = 1.0 if unit == "kw" else SECONDS_PER_HOUR / interval
        spill, replaced_registers = staging.spill, 0
        if unit == "register":
            spill = Spill(self._folder / "energies")
            replaced_registers = take_differences(staging, spill, interval)
        elif job.options.stamps == "end":
            spill = self._shift(interval)
        self._refuse_early_days(spill)
        before_spill = Spill(self._folder / "landed")
        if self.store:
            if spill is not staging.spill:  # days at the ends may differ
                landed = find_landed(self.store, spill.days)
            require_interval(landed.values(), interval)
            spill_landed(self.store, landed, staging, before_spill, unit_kw)
        fit = hold_against([before_spill, spill], len(staging.serials), interval, unit_kw)
        reject_unfit(staging, spill, fit)
        ordered = Ordered(spill, before_spill, fit, staging.serials)
        import_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{staging.spill.content:08x}"
        tally = self._land(ordered, landed, import_id)
        report = make_report(
            import_id,
            staging,
            ordered,
            tally,
            replaced_registers=replaced_registers,
            dry_run=self.store is None,
        )
        self._keep(report)
        return report

    def _stage(self, path: Path) -> None:
        step = f"{path.name} read"
        self.job.tell(step, 0, 1)
        stage_file(path, self.job.options, self.staging, self.job.monitor, lambda _rows: None)
        self.job.tell(step, 1, 1)

    def _shift(self, interval: int) -> Spill:
        """Move rows from the ends of their intervals to the starts."""
        shifted = Spill(self._folder / "shifted")
        for rows in self.staging.spill.batches():
            rows["t"] -= interval
            shifted.write(rows)
        return shifted

    def _refuse_early_days(self, spill: Spill) -> None:
        first, found = self.job.first_day, next(iter(spill.days), None)
        if first and found is not None and to_date(found) < first:
            raise UserError(
                f"The readings begin on {to_date(found)}, before WATTIF_SOURCE__FIRST_DAY={first}. "
                f"Set it to {to_date(found)}. Nothing was landed."
            )

    def _land(self, ordered: Ordered, landed: dict[int, Manifest], import_id: str) -> Tally:
        total, done = len(ordered.days), 0
        step = "days counted" if self.store is None else "days landed"

        def on_day() -> None:
            nonlocal done
            done += 1
            self.job.tell(step, done, total)

        if self.store is None:
            return count_days(ordered, on_day)
        fit = ordered.fit
        landing = ImportLanding(
            store=self.store,
            options=self.job.ingest,
            lines=Lines(ordered.serials, fit.lowest, fit.highest, fit.finest),
            content=self.staging.spill.content,
            report=import_report_name(import_id),
            rejected=self.staging.rejections.total,
            monitor=self.job.monitor,
        )
        return land_days(ordered, landed, landing, on_day)

    def _keep(self, report: ImportReport) -> None:
        """Keep the report and the rejected rows in the bucket."""
        if self.store is None:
            return
        for number, file in enumerate(self.staging.rejections.files()):
            self.store.write(rejected_rows_name(report.id, number), file.read_bytes())
        self.store.write(import_report_name(report.id), report.dumps())
