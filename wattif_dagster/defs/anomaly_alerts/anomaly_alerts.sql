-- The episodes that are open on one day or closed on it, from the scores alone and no older alerts.
WITH hours AS (
  SELECT serial, DATE(time_hour_rolled) AS day, anomaly_probability, reason
  FROM $table
  WHERE time_hour_rolled >= TIMESTAMP('$scores_start') AND time_hour_rolled < TIMESTAMP('$day_end')
    AND NOT provisional AND anomaly_probability >= $probability
),
flagged AS (
  SELECT serial, day, MAX(anomaly_probability) AS worst FROM hours GROUP BY serial, day
),
-- A flagged day counts for itself and for the later days whose window contains it.
alarms AS (
  SELECT serial, DATE_ADD(day, INTERVAL later DAY) AS alarm_day
  FROM flagged CROSS JOIN UNNEST($offsets) AS later
  GROUP BY serial, alarm_day
  HAVING COUNT(*) >= $days AND alarm_day BETWEEN DATE '$start' AND DATE '$day'
),
-- Consecutive days minus their row number are a constant, which identifies a run.
numbered AS (
  SELECT serial, alarm_day, DATE_DIFF(alarm_day, DATE '$start', DAY)
    - ROW_NUMBER() OVER (PARTITION BY serial ORDER BY alarm_day) AS run
  FROM alarms
),
episodes AS (
  SELECT serial, MIN(alarm_day) AS opened_on, MAX(alarm_day) AS last_alarm
  FROM numbered GROUP BY serial, run
  HAVING last_alarm >= DATE '$day_before'
),
days_of AS (
  SELECT e.serial, MAX(f.day) AS last_flagged_on, COUNT(*) AS days_flagged, MAX(f.worst) AS worst
  FROM episodes AS e JOIN flagged AS f ON f.serial = e.serial
    AND f.day > DATE_SUB(e.opened_on, INTERVAL $of_days DAY) AND f.day <= e.last_alarm
  GROUP BY e.serial
),
reasons AS (
  SELECT e.serial, h.reason,
    ROW_NUMBER() OVER (PARTITION BY e.serial ORDER BY COUNT(*) DESC, h.reason) AS place
  FROM episodes AS e JOIN hours AS h ON h.serial = e.serial
    AND h.day > DATE_SUB(e.opened_on, INTERVAL $of_days DAY) AND h.day <= e.last_alarm
  GROUP BY e.serial, h.reason
)
SELECT
  DATE '$day' AS alert_date,
  CONCAT(e.serial, ':', CAST(e.opened_on AS STRING)) AS alert_id,
  e.serial,
  IF(e.last_alarm = DATE '$day', 'open', 'closed') AS status,
  e.opened_on,
  d.last_flagged_on,
  IF(e.last_alarm = DATE '$day', NULL, DATE '$day') AS closed_on,
  d.days_flagged,
  d.worst AS worst_probability,
  r.reason
FROM episodes AS e
JOIN days_of AS d ON d.serial = e.serial
JOIN reasons AS r ON r.serial = e.serial AND r.place = 1
