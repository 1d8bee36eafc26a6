-- meter_days: a meter's day in a few numbers, from its complete hours. A day without a complete hour
-- has no row.
WITH
$constant_hours

SELECT
  DATE '$day' AS day,
  serial,
  MAX(IF(hour = {hour}, avg_kw, NULL)) AS avg_kw_{hour},
  COUNT(*) AS complete_hours,
  AVG(avg_kw) AS mean_kw,
  MIN(IF(place >= 3, min_kw, NULL)) AS floor_kw,
  MIN(min_kw) AS least_kw,
  MAX(max_kw) AS peak_kw,
  MAX(constant_hours) AS constant_hours
FROM (
  SELECT
    *,
    EXTRACT(HOUR FROM time) AS hour,
    ROW_NUMBER() OVER (PARTITION BY serial ORDER BY min_kw) AS place
  FROM constant_hours
  WHERE time >= TIMESTAMP '$day'
    AND n_readings = $expected_readings
)
GROUP BY serial
