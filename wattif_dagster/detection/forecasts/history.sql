-- The complete hours of the $history_days days before the day, of meters first seen
-- $least_history_days days ago or earlier. CTEs: past, these hours; history, their meters.
seen AS (
  SELECT
    serial,
    time_hour_rolled,
    avg_kw,
    DATE_DIFF(
      DATE '$day', MIN(DATE(time_hour_rolled)) OVER (PARTITION BY serial), DAY
    ) AS history_days
  FROM $hourly_consumption
  WHERE time_hour_rolled >= TIMESTAMP '$history_start'
    AND time_hour_rolled < TIMESTAMP '$day'
    AND n_readings = $expected_readings
),

past AS (
  SELECT serial, time_hour_rolled, avg_kw, history_days
  FROM seen
  WHERE history_days >= $least_history_days
),

history AS (
  SELECT serial, MAX(history_days) AS history_days
  FROM past
  GROUP BY serial
)
