-- Layer 0: rules that need no history. CTEs: spine, every expected meter and hour of the day;
-- rules, the spine with the rule that each hour breaks, if any.
spine AS (
  SELECT serial, TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL hour HOUR) AS time
  FROM ($meters)
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
),

-- The day before is read for runs of constant hours that begin in it.
recent_hours AS (
  SELECT
    serial,
    time_hour_rolled AS time,
    max_kw,
    min_kw,
    n_readings,
    max_kw = min_kw AND n_readings > 1 AS is_constant,
    CAST(ROUND(1000 * max_kw) AS INT64) AS watts  -- PARTITION BY takes no FLOAT64
  FROM $hourly_consumption
  WHERE time_hour_rolled >= TIMESTAMP_SUB(TIMESTAMP '$day', INTERVAL 1 DAY)
    AND time_hour_rolled < TIMESTAMP '$day_end'
),

-- Consecutive hours whose readings all have one value are a run.
constant_runs AS (
  SELECT
    *,
    DIV(UNIX_SECONDS(time), 3600)
      - ROW_NUMBER() OVER (PARTITION BY serial, is_constant, watts ORDER BY time) AS run
  FROM recent_hours
),

known_hours AS (
  SELECT
    *,
    is_constant
      AND COUNT(*) OVER (PARTITION BY serial, is_constant, watts, run) >= $stuck_hours AS is_stuck
  FROM constant_runs
),

rules AS (
  SELECT
    s.serial,
    s.time,
    CASE
      WHEN COALESCE(h.n_readings, 0) < $expected_readings THEN 'rule:missing'
      WHEN h.n_readings > $expected_readings THEN 'rule:duplicated'
      WHEN h.min_kw < 0 THEN 'rule:negative'
      WHEN h.max_kw > $largest_kw THEN 'rule:overload'
      WHEN h.is_stuck THEN 'rule:stuck'
    END AS reason
  FROM spine AS s
  LEFT JOIN known_hours AS h ON h.serial = s.serial AND h.time = s.time
)
