-- score_tails: how rare the scores of each tail are, from the scores of all meters on earlier days
-- (conformal calibration). With a full history these days end two weeks before the day, so that
-- anomalies of the last two weeks do not hide themselves. A younger fleet uses its earliest days.
WITH
earlier AS (
  SELECT day, tail, bucket, n, DENSE_RANK() OVER (ORDER BY day) AS place
  FROM $score_counts
  WHERE day >= DATE '$calibration_start'
    AND day < DATE '$day'
),

counts AS (
  SELECT tail, bucket, SUM(n) AS n
  FROM (
    SELECT tail, bucket, n FROM earlier WHERE place <= $calibration_days
    UNION ALL
    SELECT tail, bucket, 0 AS n FROM $score_counts WHERE day = DATE '$day'
  )
  GROUP BY tail, bucket
),

ranked AS (
  SELECT
    *,
    SUM(n) OVER (PARTITION BY tail ORDER BY bucket DESC) AS n_above,
    SUM(n) OVER (PARTITION BY tail) AS n_all
  FROM counts
),

-- The scores beyond $tail_share of all follow a power law, whose exponent is Hill's estimate: "A
-- Simple General Approach to Inference About the Tail of a Distribution", Annals of Statistics 3(5),
-- 1975. So a score beyond all earlier ones is still as rare as it is large.
thresholds AS (
  SELECT tail, GREATEST(MAX(bucket), 1) AS threshold
  FROM ranked
  WHERE n_above >= $tail_share * n_all
  GROUP BY tail
),

exponents AS (
  SELECT
    t.tail,
    t.threshold,
    SUM(r.n) AS n_beyond,
    GREATEST(
      $least_tail_index,
      COALESCE(SAFE_DIVIDE(SUM(r.n * LN((r.bucket + 0.5) / t.threshold)), SUM(r.n)), 0)
    ) AS tail_index
  FROM thresholds AS t
  INNER JOIN ranked AS r ON r.tail = t.tail AND r.bucket >= t.threshold
  GROUP BY t.tail, t.threshold
)

SELECT
  DATE '$day' AS day,
  r.tail,
  r.bucket,
  r.n_above,
  r.n_all AS n,
  e.threshold / $buckets_per_unit AS threshold,
  (1 + e.n_beyond) / (1 + r.n_all) AS threshold_share,
  e.tail_index
FROM ranked AS r
INNER JOIN exponents AS e ON e.tail = r.tail
