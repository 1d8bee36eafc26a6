-- flagged_days: each meter's day with flagged hours, a row for each kind of their reasons: `rule` for
-- the data, `behaviour` for the consumption. That readings are missing or duplicated is certain
-- without a history of the meter.
SELECT
  DATE '$day' AS day,
  serial,
  kind,
  SUM(hours) AS hours,
  MAX(probability) AS probability,
  MAX(IF(place = 1, reason, NULL)) AS reason,
  LOGICAL_OR(provisional) AS provisional
FROM (
  SELECT
    serial,
    IF(STARTS_WITH(reason, 'rule:'), 'rule', 'behaviour') AS kind,
    reason,
    COUNT(*) AS hours,
    MAX(anomaly_probability) AS probability,
    LOGICAL_OR(
      provisional AND reason NOT IN ('rule:missing', 'rule:duplicated')
    ) AS provisional,
    ROW_NUMBER() OVER (
      PARTITION BY serial, STARTS_WITH(reason, 'rule:') ORDER BY COUNT(*) DESC, reason
    ) AS place
  FROM $anomaly_scores
  WHERE time_hour_rolled >= TIMESTAMP '$day'
    AND time_hour_rolled < TIMESTAMP '$day_end'
    AND anomaly_probability >= $threshold
  GROUP BY serial, reason
)
GROUP BY serial, kind
