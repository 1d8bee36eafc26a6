-- The episodes that are open on one day or closed on it, from the flagged days and no older alerts.
WITH flagged AS (
  SELECT serial, kind, day, hours, probability, reason
  FROM $flagged_days
  WHERE day >= DATE '$flagged_start'
    AND day <= DATE '$day'
    AND NOT provisional
    AND probability >= $probability
),

-- A flagged day counts for itself and for the later days whose window contains it.
alarms AS (
  SELECT serial, kind, DATE_ADD(day, INTERVAL later DAY) AS alarm_day
  FROM flagged
  CROSS JOIN UNNEST($offsets) AS later
  GROUP BY serial, kind, alarm_day
  HAVING COUNT(*) >= $days
    AND alarm_day BETWEEN DATE '$start' AND DATE '$day'
),

-- Consecutive days minus their row number are a constant, which identifies a run.
numbered AS (
  SELECT
    serial,
    kind,
    alarm_day,
    DATE_DIFF(alarm_day, DATE '$start', DAY)
      - ROW_NUMBER() OVER (PARTITION BY serial, kind ORDER BY alarm_day) AS run
  FROM alarms
),

episodes AS (
  SELECT serial, kind, MIN(alarm_day) AS opened_on, MAX(alarm_day) AS last_alarm
  FROM numbered
  GROUP BY serial, kind, run
  HAVING last_alarm >= DATE '$day_before'
),

reasons AS (
  SELECT
    e.serial,
    e.kind,
    e.opened_on,
    e.last_alarm,
    f.reason,
    MAX(f.day) AS last_flagged_on,
    COUNT(*) AS days_flagged,
    MAX(f.probability) AS worst,
    ROW_NUMBER() OVER (PARTITION BY e.serial, e.kind ORDER BY SUM(f.hours) DESC, f.reason) AS place
  FROM episodes AS e
  INNER JOIN flagged AS f ON f.serial = e.serial AND f.kind = e.kind
    AND f.day > DATE_SUB(e.opened_on, INTERVAL $of_days DAY) AND f.day <= e.last_alarm
  GROUP BY e.serial, e.kind, e.opened_on, e.last_alarm, f.reason
)

SELECT
  DATE '$day' AS alert_date,
  CONCAT(serial, ':', kind, ':', CAST(opened_on AS STRING)) AS alert_id,
  serial,
  kind,
  IF(last_alarm = DATE '$day', 'open', 'closed') AS status,
  opened_on,
  MAX(last_flagged_on) AS last_flagged_on,
  IF(last_alarm = DATE '$day', NULL, DATE '$day') AS closed_on,
  SUM(days_flagged) AS days_flagged,
  MAX(worst) AS worst_probability,
  MAX(IF(place = 1, reason, NULL)) AS reason
FROM reasons
GROUP BY serial, kind, opened_on, last_alarm
