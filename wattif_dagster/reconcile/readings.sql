-- Counts of one day of meter_readings beside its registry, in one pass by meter. Energy is summed
-- in whole mW, which is exact: a reading has at most six decimals of a kW.
WITH readings AS (
  SELECT
    serial,
    COUNT(*) AS n,
    SUM(CAST(ROUND(reading * 1000000) AS INT64)) AS milliwatts,
    COUNT(*) - COUNT(DISTINCT timestamp) AS repeated,
    COUNTIF(timestamp < TIMESTAMP '$day 00:00:00+00'
            OR timestamp >= TIMESTAMP_ADD(TIMESTAMP '$day 00:00:00+00', INTERVAL 1 DAY)
            OR MOD(UNIX_MICROS(timestamp), $interval_micros) != 0) AS misplaced,
    COUNTIF(reading IS NULL OR reading < $lowest_kw OR reading > $highest_kw) AS out_of_range
  FROM $meter_readings
  WHERE $readings_filter
  GROUP BY serial
),
registered AS (
  SELECT serial FROM $meter_registry WHERE $registry_filter
)
SELECT
  ARRAY_AGG(
    IF(
      repeated > 0 OR out_of_range > 0,
      STRUCT(
        readings.serial AS serial, repeated AS repeated, out_of_range AS out_of_range
      ),
      NULL
    )
    IGNORE NULLS
  ) AS deviating,
  COALESCE(SUM(n), 0) AS readings,
  COALESCE(SUM(milliwatts), 0) AS milliwatts,
  COUNTIF(registered.serial IS NULL) AS unregistered,
  COUNTIF(readings.serial IS NULL) AS silent,
  COALESCE(SUM(repeated), 0) AS repeated,
  COALESCE(SUM(misplaced), 0) AS misplaced,
  COALESCE(SUM(out_of_range), 0) AS out_of_range
FROM readings
FULL OUTER JOIN registered ON readings.serial = registered.serial
