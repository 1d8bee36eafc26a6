-- CTE ranked: the evidence of the day, which does not calibrate.
ranked AS (
  SELECT *, CAST(FLOOR(score * $buckets_per_unit) AS INT64) AS bucket, FALSE AS calibrates
  FROM evidence
)
