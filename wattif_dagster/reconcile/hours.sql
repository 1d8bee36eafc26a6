-- Counts of one day of hourly_consumption, by meter first. An incomplete hour has too few or too
-- many readings. Whole mW are computed back from kWh.
WITH meters AS (
  SELECT
    serial,
    COUNT(*) AS hours,
    COUNTIF(n_readings != $readings_per_hour) AS incomplete,
    SUM(n_readings) AS readings,
    SUM(
      CAST(ROUND(consumption_hour_rolled * 3600 * 1000000 / $interval_seconds) AS INT64)
    ) AS milliwatts
  FROM $hourly_consumption
  WHERE $hours_filter
  GROUP BY serial
)
SELECT
  COUNT(*) AS meters,
  COALESCE(SUM(hours), 0) AS hours,
  COALESCE(SUM(incomplete), 0) AS incomplete_hours,
  COALESCE(SUM(readings), 0) AS readings,
  COALESCE(SUM(milliwatts), 0) AS milliwatts,
  ARRAY_AGG(
    IF(
      hours < 24 OR incomplete > 0,
      STRUCT(serial AS serial, 24 - hours + incomplete AS faulty),
      NULL
    )
    IGNORE NULLS
  ) AS deviating
FROM meters
