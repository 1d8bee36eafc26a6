"""Turns register values, which grow with the energy drawn, into the energy of intervals."""

from string import Template

import duckdb
import pyarrow as pa

from wattif_dagster.importing.engine import stream
from wattif_dagster.importing.rows import Reason
from wattif_dagster.importing.spill import Rows, Spill
from wattif_dagster.importing.staging import Staging

ROWS_AT_ONCE = 250_000
NEARLY = 0.9
"""A register rolled over when it counts back from this share of its range or more, to what is left
of it or less."""

_STEPS = """
SELECT meter, t, before, seq, value, last,
  CASE
    WHEN last IS NULL THEN 'FIRST_REGISTER'
    WHEN t - before != $interval THEN 'REGISTER_GAP'
    WHEN value < last AND NOT (last >= $nearly * range AND value <= (1 - $nearly) * range)
      THEN 'REGISTER_BACK'
  END AS reason,
  IF(value < last, value + range, value) - last AS energy
FROM (
  SELECT *, POW(10, CEIL(LOG10(GREATEST(last, 1) + 1e-9))) AS range
  FROM (
    SELECT meter, t, value, seq,
      LAG(value) OVER by_time AS last, LAG(t) OVER by_time AS before
    FROM (SELECT meter, t, ARG_MAX(value, seq) AS value, MAX(seq) AS seq FROM staged
          GROUP BY meter, t)
    WINDOW by_time AS (PARTITION BY meter ORDER BY t)
  )
)
"""


def take_differences(
    engine: duckdb.DuckDBPyConnection, staging: Staging, energies: Spill, interval: int
) -> int:
    """Write the energy between each register value and the one before, by the interval's start.

    A value without one an interval before it is rejected, and so is one that counts back, unless
    the register rolled over. Returns how many values were replaced by a later one of that time.
    """
    query = Template(_STEPS).substitute(interval=interval, nearly=NEARLY)
    last_of_a_time = 0
    for batch in stream(engine, query, ROWS_AT_ONCE, staged=staging.spill.read()):
        last_of_a_time += batch.num_rows
        table = pa.Table.from_batches([batch])
        steps = table.filter(table["reason"].is_null())
        columns = (steps[name] for name in ("meter", "before", "energy", "seq"))
        energies.write(Rows(*(column.to_numpy() for column in columns)))
        for row in table.filter(table["reason"].is_valid()).to_pylist():
            staging.reject_staged(
                Reason[row["reason"]], row["meter"], row["t"], row["value"], row["seq"]
            )
    return staging.spill.rows - last_of_a_time
