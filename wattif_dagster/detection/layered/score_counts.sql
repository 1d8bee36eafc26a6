-- score_counts: how many of the day's scores are in each bucket of each tail. Later days are
-- calibrated with them.
SELECT
  DATE '$day' AS day,
  tail,
  CAST(FLOOR(score * $buckets_per_unit) AS INT64) AS bucket,
  COUNT(*) AS n
FROM evidence
GROUP BY tail, bucket
