-- Readings of one day rolled up by meter and hour.
-- A reading is the mean power over an interval, so energy is its sum times the interval:
-- kWh = SUM(kW) * interval_seconds / 3600.
SELECT
  serial,
  TIMESTAMP_TRUNC(timestamp, HOUR) AS time_hour_rolled,
  SUM(reading) * $interval_seconds / 3600 AS consumption_hour_rolled,
  AVG(reading) AS avg_kw,
  MAX(reading) AS max_kw,
  MIN(reading) AS min_kw,
  COUNT(*) AS n_readings
FROM $meter_readings
WHERE $readings_filter
GROUP BY serial, time_hour_rolled
