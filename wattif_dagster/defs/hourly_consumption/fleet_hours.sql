-- The hours of one day of hourly_consumption over the whole fleet: 24 rows, or fewer where no meter
-- has a reading.
SELECT
  time_hour_rolled AS time,
  COUNT(*) AS meters,
  AVG(consumption_hour_rolled) AS avg_kwh,
  MAX(consumption_hour_rolled) AS max_kwh
FROM $hourly_consumption
WHERE $hours_filter
GROUP BY time
