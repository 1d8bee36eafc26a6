-- anomaly_scores: the day's rows, one for each expected meter and hour. An hour that lacks readings
-- without breaking a rule has no probability.
SELECT
  r.serial,
  r.time AS time_hour_rolled,
  IF(
    r.reason IS NULL AND r.is_complete,
    IF(COALESCE(d.p < h.p, h.p IS NULL), d.score, h.score),
    NULL
  ) AS score,
  CASE
    WHEN r.reason IS NOT NULL THEN 1
    WHEN r.is_complete THEN 1 - LEAST(1, 2 * COALESCE(LEAST(h.p, d.p), h.p, d.p))
  END AS anomaly_probability,
  SIGN(l.lower_log) * (EXP(ABS(l.lower_log)) - 1) * l.usual_kw / $log_scale AS lower,
  SIGN(l.upper_log) * (EXP(ABS(l.upper_log)) - 1) * l.usual_kw / $log_scale AS upper,
  COALESCE(
    r.reason, IF(r.is_complete, IF(COALESCE(d.p < h.p, h.p IS NULL), d.tail, h.tail), NULL)
  ) AS reason,
  COALESCE(l.history_days, 0) < $history_days AS provisional
FROM rules AS r
LEFT JOIN limits AS l ON l.serial = r.serial AND l.time = r.time
LEFT JOIN p_values AS h ON h.serial = r.serial AND h.time = r.time AND h.layer = 'hour'
LEFT JOIN p_values AS d ON d.serial = r.serial AND d.layer = 'day'
