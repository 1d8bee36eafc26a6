-- CTE strongest: of each meter's hour and day, the tail that is the rarest. How rare it is comes from
-- conformal calibration: the share of the calibrating scores of all meters that are at least as large.
strongest AS (
  SELECT
    r.serial,
    r.layer,
    r.time,
    ANY_VALUE(r.calibrates) AS calibrates,
    CAST(
      FLOOR(MAX(-LN((1 + t.n_above) / (1 + t.n))) * $buckets_per_unit) AS INT64
    ) AS bucket,
    -- Among equally rare tails the larger score gives the reason.
    MAX_BY(r.tail, -LN((1 + t.n_above) / (1 + t.n)) + 1e-6 * r.score) AS tail,
    MAX_BY(r.score, -LN((1 + t.n_above) / (1 + t.n)) + 1e-6 * r.score) AS score
  FROM ranked AS r
  INNER JOIN $score_tails AS t ON t.tail = r.tail AND t.bucket = r.bucket
  WHERE t.day = DATE '$day'
    AND (r.calibrates OR r.day = DATE '$day')
  GROUP BY r.serial, r.layer, r.time
)
