-- Layer 0: rules about the data of an hour. Each allows what the meter did before, in the days that
-- the baseline is fitted on. A meter without such days is allowed nothing. CTEs: spine, every
-- expected meter and hour of the day; rules, the spine with the rule that each hour breaks, if any.
spine AS (
  SELECT serial, TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL hour HOUR) AS time
  FROM ($meters)
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
),

$constant_hours,

habits AS (
  SELECT
    serial,
    MAX(constant_hours) AS constant_hours,
    MIN(least_kw) AS least_kw,
    MAX(peak_kw) AS peak_kw,
    1 - SUM(complete_hours) / (24 * DATE_DIFF(DATE '$fit_end', MIN(day), DAY)) AS missing_share
  FROM $meter_days
  WHERE day >= DATE '$history_start'
    AND day < DATE '$fit_end'
  GROUP BY serial
),

known_hours AS (
  SELECT
    s.serial,
    s.time,
    COALESCE(h.n_readings, 0) AS n_readings,
    h.min_kw < LEAST(COALESCE(a.least_kw, 0), 0) AS is_negative,
    h.max_kw > GREATEST($largest_kw, $largest_growth * COALESCE(a.peak_kw, 0)) AS is_overload,
    h.constant_hours > GREATEST($most_constant_hours, COALESCE(a.constant_hours, 0)) AS is_stuck,
    COALESCE(a.missing_share, 0) < $missing_limit AS is_seldom_missing
  FROM spine AS s
  LEFT JOIN constant_hours AS h ON h.serial = s.serial AND h.time = s.time
  LEFT JOIN habits AS a ON a.serial = s.serial
),

-- Readings that many meters lack at once are one event of the network, and no fault of a meter.
gaps AS (
  SELECT
    *,
    SUM(IF(n_readings < $expected_readings, 1, 0)) OVER (PARTITION BY time) AS meters_missing,
    COUNT(*) OVER (PARTITION BY time) AS meters
  FROM known_hours
),

rules AS (
  SELECT
    serial,
    time,
    n_readings = $expected_readings AS is_complete,
    CASE
      WHEN n_readings < $expected_readings
        THEN IF(is_seldom_missing AND NOT is_event, 'rule:missing', NULL)
      WHEN n_readings > $expected_readings THEN 'rule:duplicated'
      WHEN is_negative THEN 'rule:negative'
      WHEN is_overload THEN 'rule:overload'
      WHEN is_stuck THEN 'rule:stuck'
    END AS reason
  FROM (
    SELECT
      *, meters_missing >= $event_meters AND meters_missing > $event_share * meters AS is_event
    FROM gaps
  )
)
