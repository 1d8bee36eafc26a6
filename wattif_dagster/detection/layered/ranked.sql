-- CTE ranked: the evidence in buckets, and whether it calibrates.

-- Meters that were anomalous in the calibration days are left out, because they would hide similar
-- anomalies. The distance is in units of the fleet's lower half, which anomalies do not change.
contaminated AS (
  SELECT serial
  FROM (
    SELECT
      serial,
      worst,
      PERCENTILE_CONT(worst, 0.1) OVER () AS low,
      PERCENTILE_CONT(worst, 0.5) OVER () AS middle
    FROM (
      SELECT serial, MAX(score) AS worst
      FROM day_evidence
      WHERE day < DATE '$day'
      GROUP BY serial
    )
  )
  WHERE worst > middle + $contamination_limit * (middle - low)
),

ranked AS (
  SELECT
    e.*,
    CAST(FLOOR(e.score * $buckets_per_unit) AS INT64) AS bucket,
    e.day < DATE '$day' AND c.serial IS NULL AS calibrates
  FROM evidence AS e
  LEFT JOIN contaminated AS c ON c.serial = e.serial
)
