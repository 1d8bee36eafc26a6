-- Layer 0: rules that need no history. CTEs: spine, every expected meter and hour of the day;
-- rules, the spine with the rule that each hour breaks, if any.
spine AS (
  SELECT serial, TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL hour HOUR) AS time
  FROM ($meters)
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
),

-- Consecutive hours whose readings all have one value are a run. The day before is read for runs
-- that begin in it. A reading is a whole number of watts, by which BigQuery can partition.
constant_hours AS (
  SELECT
    serial,
    time_hour_rolled AS time,
    max_kw,
    DIV(UNIX_SECONDS(time_hour_rolled), 3600)
      - ROW_NUMBER() OVER (
        PARTITION BY serial, CAST(ROUND(max_kw * 1000) AS INT64) ORDER BY time_hour_rolled
      ) AS run
  FROM $hourly_consumption
  WHERE time_hour_rolled >= TIMESTAMP_SUB(TIMESTAMP '$day', INTERVAL 1 DAY)
    AND time_hour_rolled < TIMESTAMP '$day_end'
    AND max_kw = min_kw
    AND n_readings > 1
),

stuck_hours AS (
  SELECT
    serial,
    time,
    COUNT(*) OVER (
      PARTITION BY serial, CAST(ROUND(max_kw * 1000) AS INT64), run
    ) >= $stuck_hours AS is_stuck
  FROM constant_hours
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
      WHEN c.is_stuck THEN 'rule:stuck'
    END AS reason
  FROM spine AS s
  LEFT JOIN $hourly_consumption AS h
    ON h.serial = s.serial
    AND h.time_hour_rolled = s.time
    AND h.time_hour_rolled >= TIMESTAMP '$day'
    AND h.time_hour_rolled < TIMESTAMP '$day_end'
  LEFT JOIN stuck_hours AS c ON c.serial = s.serial AND c.time = s.time
),
