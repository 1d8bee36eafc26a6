"""What people found out about flagged meters: verdicts, notes, and for how long alerts rest."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import ScalarQueryParameter

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse

Verdict = Literal["theft", "fault", "benign", "unknown"]


@dataclass(frozen=True)
class Feedback:
    """The latest that was said of a meter."""

    serial: str
    given_at: datetime
    verdict: Verdict
    note: str | None
    snoozed_until: date | None

    def is_snoozed(self, day: date) -> bool:
        """Whether the meter's alerts rest on the day."""
        return self.snoozed_until is not None and day < self.snoozed_until


def give_feedback(
    bigquery: BigQueryWarehouse,
    serial: str,
    verdict: Verdict,
    note: str | None,
    snoozed_until: date | None,
) -> None:
    """Store what was found out about a meter. Raises UserError for one that was never flagged."""
    bigquery.ensure_table(schemas.FLAGGED_DAYS)
    flagged = bigquery.quoted(schemas.FLAGGED_DAYS)
    (found,) = bigquery.rows(
        f"SELECT COUNT(*) AS days FROM {flagged} WHERE serial = @serial",
        ScalarQueryParameter("serial", "STRING", serial),
    )
    if not found["days"]:
        raise UserError(f"No day of {serial} was ever flagged. Check the serial.")
    now = datetime.now(UTC)
    row = pa.table(
        {
            "given_at": pa.array([now], pa.timestamp("us", "UTC")),
            "serial": pa.array([serial], pa.string()),
            "verdict": pa.array([verdict], pa.string()),
            "note": pa.array([note], pa.string()),
            "snoozed_until": pa.array([snoozed_until], pa.date32()),
        }
    )
    file = BytesIO()
    pq.write_table(row, file)
    bigquery.append_rows(schemas.METER_FEEDBACK, file, now.date())


def read_feedback(bigquery: BigQueryWarehouse) -> dict[str, Feedback]:
    """Read the latest feedback of each meter, by serial."""
    table = schemas.METER_FEEDBACK
    if not bigquery.has_table(table):
        return {}
    rows = bigquery.rows(
        f"SELECT {', '.join(table.column_names)} FROM {bigquery.quoted(table)} ORDER BY given_at"
    )
    return {row["serial"]: Feedback(**row) for row in rows}
