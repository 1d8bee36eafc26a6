-- From scores to p-values by conformal calibration: the share of the calibration days' scores, of
-- all meters, that are at least as large. CTE: p_values, a row for each meter, layer and hour or
-- day.
--
-- It is done for each tail, and again for the least p-value over a layer's tails, whose
-- distribution is unknown. Histograms of $buckets_per_unit buckets a unit give the ranks without a
-- global sort.

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
      FROM evidence
      WHERE layer = 'day' AND time < TIMESTAMP '$day'
      GROUP BY serial
    )
  )
  WHERE worst > middle + $contamination_limit * (middle - low)
),

ranked AS (
  SELECT
    e.serial,
    e.layer,
    e.time,
    e.tail,
    e.score,
    CAST(FLOOR(e.score * $buckets_per_unit) AS INT64) AS bucket,
    e.time < TIMESTAMP '$day' AND c.serial IS NULL AS calibrates
  FROM evidence AS e
  LEFT JOIN contaminated AS c ON c.serial = e.serial
),

tails AS (
  SELECT
    tail,
    bucket,
    SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY tail ORDER BY bucket DESC) AS n_above,
    SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY tail) AS n
  FROM ranked
  GROUP BY tail, bucket
),

surprises AS (
  SELECT
    r.serial,
    r.layer,
    r.time,
    r.tail,
    r.score,
    r.calibrates,
    -LN((1 + t.n_above) / (1 + t.n)) AS surprise
  FROM ranked AS r
  INNER JOIN tails AS t ON t.tail = r.tail AND t.bucket = r.bucket
  WHERE r.calibrates OR r.time >= TIMESTAMP '$day'
),

strongest AS (
  SELECT
    serial,
    layer,
    time,
    ANY_VALUE(calibrates) AS calibrates,
    CAST(FLOOR(MAX(surprise) * $buckets_per_unit) AS INT64) AS bucket,
    -- Among equally rare tails the larger score gives the reason.
    MAX_BY(tail, surprise + 1e-6 * score) AS tail,
    MAX_BY(score, surprise + 1e-6 * score) AS score
  FROM surprises
  GROUP BY serial, layer, time
),

layers AS (
  SELECT
    layer,
    bucket,
    SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY layer ORDER BY bucket DESC) AS n_above,
    SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY layer) AS n
  FROM strongest
  GROUP BY layer, bucket
),

p_values AS (
  SELECT
    s.serial,
    s.layer,
    s.time,
    s.tail,
    s.score,
    IF(l.n >= $least_calibration, (1 + l.n_above) / (1 + l.n), NULL) AS p
  FROM strongest AS s
  INNER JOIN layers AS l ON l.layer = s.layer AND l.bucket = s.bucket
  WHERE s.time >= TIMESTAMP '$day'
),

-- The z of an hour's mean that is as rare as $bounds_tail on either side gives the bounds.
bounds AS (
  SELECT
    MIN(IF(tail = 'hour:avg+', bucket, NULL)) / $buckets_per_unit AS upper_z,
    -MIN(IF(tail = 'hour:avg-', bucket, NULL)) / $buckets_per_unit AS lower_z
  FROM tails
  WHERE n >= $least_calibration AND (1 + n_above) / (1 + n) <= $bounds_tail
),
