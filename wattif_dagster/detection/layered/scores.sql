-- The day's rows of anomaly_scores, one for each expected meter and hour.
limits AS (
  SELECT
    b.serial,
    TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL b.hour HOUR) AS time,
    b.mean_kw,
    b.history_days,
    b.mean + b.sd * (COALESCE(f.fleet_z + b.loading * w.factor, 0)
      + q.lower_z * SQRT(1 + COALESCE(w.factor * w.factor * b.loading_variance, 0))) AS lower_log,
    b.mean + b.sd * (COALESCE(f.fleet_z + b.loading * w.factor, 0)
      + q.upper_z * SQRT(1 + COALESCE(w.factor * w.factor * b.loading_variance, 0))) AS upper_log
  FROM $consumption_baseline AS b
  LEFT JOIN fleet_hours AS f
    ON f.quantity = b.quantity
    AND f.time = TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL b.hour HOUR)
  LEFT JOIN weather AS w ON w.day = b.day
  CROSS JOIN bounds AS q
  WHERE b.day = DATE '$day'
    AND b.quantity = 'avg'
)

SELECT
  r.serial,
  r.time AS time_hour_rolled,
  IF(
    r.reason IS NOT NULL, NULL, IF(COALESCE(d.p < h.p, h.p IS NULL), d.score, h.score)
  ) AS score,
  IF(
    r.reason IS NOT NULL,
    1,
    1 - LEAST(1, 2 * COALESCE(LEAST(h.p, d.p), h.p, d.p))
  ) AS anomaly_probability,
  SIGN(l.lower_log) * (EXP(ABS(l.lower_log)) - 1) * l.mean_kw / $log_scale AS lower,
  SIGN(l.upper_log) * (EXP(ABS(l.upper_log)) - 1) * l.mean_kw / $log_scale AS upper,
  COALESCE(r.reason, IF(COALESCE(d.p < h.p, h.p IS NULL), d.tail, h.tail)) AS reason,
  COALESCE(l.history_days, 0) < $history_days AS provisional
FROM rules AS r
LEFT JOIN limits AS l ON l.serial = r.serial AND l.time = r.time
LEFT JOIN p_values AS h ON h.serial = r.serial AND h.time = r.time AND h.layer = 'hour'
LEFT JOIN p_values AS d ON d.serial = r.serial AND d.layer = 'day'
