-- CTE constant_hours: the hours of the day and of the day before it, and how many consecutive hours
-- around each have one and the same reading. It is 0 for an hour with different readings.
recent_hours AS (
  SELECT
    serial,
    time_hour_rolled AS time,
    avg_kw,
    max_kw,
    min_kw,
    n_readings,
    max_kw = min_kw AS is_constant,
    CAST(ROUND(1000 * max_kw) AS INT64) AS watts  -- PARTITION BY takes no FLOAT64
  FROM $hourly_consumption
  WHERE time_hour_rolled >= TIMESTAMP_SUB(TIMESTAMP '$day', INTERVAL 1 DAY)
    AND time_hour_rolled < TIMESTAMP '$day_end'
),

constant_runs AS (
  SELECT
    *,
    DIV(UNIX_SECONDS(time), 3600)
      - ROW_NUMBER() OVER (PARTITION BY serial, is_constant, watts ORDER BY time) AS run
  FROM recent_hours
),

constant_hours AS (
  SELECT
    serial,
    time,
    avg_kw,
    max_kw,
    min_kw,
    n_readings,
    IF(
      is_constant, COUNT(*) OVER (PARTITION BY serial, is_constant, watts, run), 0
    ) AS constant_hours
  FROM constant_runs
)
