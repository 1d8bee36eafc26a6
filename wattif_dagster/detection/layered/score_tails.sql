-- score_tails: of each tail's calibrating scores, how many are in a bucket or above it.
SELECT
  DATE '$day' AS day,
  tail,
  bucket,
  SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY tail ORDER BY bucket DESC) AS n_above,
  SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY tail) AS n
FROM ranked
GROUP BY tail, bucket
