-- meter_days: a meter's day in a few numbers, from its complete hours. A day without a complete hour
-- has no row.
SELECT
  DATE '$day' AS day,
  serial,
  MAX(IF(hour = {hour}, avg_kw, NULL)) AS avg_kw_{hour},
  MAX(IF(hour = {hour}, max_kw, NULL)) AS max_kw_{hour},
  COUNT(*) AS complete_hours,
  AVG(avg_kw) AS mean_kw,
  MIN(IF(place >= 3, min_kw, NULL)) AS floor_kw,
  MAX(max_kw) AS peak_kw
FROM (
  SELECT
    serial,
    EXTRACT(HOUR FROM time_hour_rolled) AS hour,
    avg_kw,
    max_kw,
    min_kw,
    ROW_NUMBER() OVER (PARTITION BY serial ORDER BY min_kw) AS place
  FROM $hourly_consumption
  WHERE time_hour_rolled >= TIMESTAMP '$day'
    AND time_hour_rolled < TIMESTAMP '$day_end'
    AND n_readings = $expected_readings
)
GROUP BY serial
