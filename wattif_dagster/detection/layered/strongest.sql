-- CTE strongest: of each meter's hour and day, the tail that is the rarest. How rare it is comes from
-- conformal calibration: the share of the calibrating scores of all meters that are at least as large.
surprises AS (
  SELECT *, surprise + 1e-6 * score AS weight
  FROM (
    SELECT
      r.serial,
      r.layer,
      r.day,
      r.hour,
      r.tail,
      r.score,
      r.calibrates,
      -LN((1 + t.n_above) / (1 + t.n)) AS surprise
    FROM ranked AS r
    INNER JOIN $score_tails AS t ON t.tail = r.tail AND t.bucket = r.bucket
    WHERE t.day = DATE '$day'
      AND (r.calibrates OR r.day = DATE '$day')
  )
),

strongest AS (
  SELECT
    serial,
    layer,
    day,
    hour,
    ANY_VALUE(calibrates) AS calibrates,
    CAST(FLOOR(MAX(surprise) * $buckets_per_unit) AS INT64) AS bucket,
    -- Among equally rare tails the larger score gives the reason.
    MAX_BY(tail, weight) AS tail,
    MAX_BY(score, weight) AS score
  FROM surprises
  GROUP BY serial, layer, day, hour
)
