-- The day's rows of anomaly_scores, one for each expected meter and hour, from the CTEs rules,
-- history and scored. The bounds are read as those of a normal distribution, whose width in
-- standard deviations is known. An hour without a reading is not scored and has no bounds.
deviations AS (
  SELECT
    *,
    avg_kw - (lower_bound + upper_bound) / 2 AS deviation,
    (upper_bound - lower_bound) / $bounds_sds AS sd
  FROM scored
)

SELECT
  r.serial,
  r.time AS time_hour_rolled,
  IF(r.reason IS NOT NULL, NULL, SAFE_DIVIDE(ABS(d.deviation), d.sd)) AS score,
  IF(r.reason IS NOT NULL, 1, d.anomaly_probability) AS anomaly_probability,
  d.lower_bound AS lower,
  d.upper_bound AS upper,
  CASE
    WHEN r.reason IS NOT NULL THEN r.reason
    WHEN d.deviation >= 0 THEN '$detector:avg+'
    WHEN d.deviation < 0 THEN '$detector:avg-'
  END AS reason,
  COALESCE(h.history_days, 0) < $history_days AS provisional
FROM rules AS r
LEFT JOIN history AS h ON h.serial = r.serial
LEFT JOIN deviations AS d ON d.serial = r.serial AND d.time = r.time
