-- baseline_fit: the fit of the hours, from the $history_days days before the day. It has three kinds
-- of rows, so that the days are read once:
--   serial and day     a day of the fit: the features of the day, see below
--   serial and hour    what is expected of the mean of that hour of the day to make, as a logarithm
--   day and hour       how far the whole fleet was from what is expected at an hour
-- Features of a day: avg_z is the mean deviation of its hours. shape is the correlation with the
-- meter's own profile.
WITH
recent AS (
  SELECT *, MIN(day) OVER (PARTITION BY serial) AS first_day
  FROM $meter_days
  WHERE day >= DATE '$history_start'
    AND day < DATE '$day'
),

-- The earliest $fit_days days of the window. With a full history the fit ends two weeks ago, so an
-- anomaly becomes part of the baseline only after two weeks.
fitted AS (
  SELECT
    *,
    PERCENTILE_CONT(mean_kw, 0.5) OVER (PARTITION BY serial) AS usual_mean_kw,
    PERCENTILE_CONT(floor_kw, 0.5) OVER (PARTITION BY serial) AS usual_floor_kw
  FROM recent
  WHERE first_day <= DATE_SUB(DATE '$day', INTERVAL $least_history_days DAY)
    AND day < DATE_ADD(first_day, INTERVAL $fit_days DAY)
),

-- Days away from home are left out (vacancy.sql), because they are unlike days at home.
home_days AS (
  SELECT
    *,
    GREATEST(
      SUM(mean_kw * complete_hours) OVER (PARTITION BY serial)
        / SUM(complete_hours) OVER (PARTITION BY serial),
      $least_mean_kw
    ) AS meter_kw
  FROM fitted
  WHERE NOT $is_vacant
),

-- Logarithms tame the long right tail of a load, and stay finite for outages and reverse flow.
hours AS (
  SELECT
    *,
    $local_hour AS local_hour,
    $is_weekend AS is_weekend,
    SIGN(kw) * LN(1 + $log_scale * ABS(kw) / meter_kw) AS x
  FROM (
    SELECT
      d.serial,
      d.day,
      d.first_day,
      d.meter_kw,
      d.floor_kw,
      d.peak_kw,
      hour,
      $local_minutes AS local_minutes,
      CASE hour
        WHEN {hour} THEN d.avg_kw_{hour}
      END AS kw
    FROM home_days AS d
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
  )
  WHERE kw IS NOT NULL
),

-- A cell (meter, class of day, local hour) has few days, so its mean is drawn towards the meter's own
-- mean plus what the fleet does at that hour, with the weight of $cell_weight days.
cells AS (
  SELECT
    serial,
    is_weekend,
    local_hour,
    ANY_VALUE(first_day) AS first_day,
    ANY_VALUE(meter_kw) AS meter_kw,
    MAX(24 * UNIX_DATE(day) + hour) AS last_hour,
    COUNT(*) AS n,
    AVG(x) AS cell_mean,
    AVG(x * x) AS square,
    ARRAY_AGG(
      STRUCT(day AS day, hour AS hour, x AS x, floor_kw AS floor_kw, peak_kw AS peak_kw)
    ) AS samples
  FROM hours
  GROUP BY serial, is_weekend, local_hour
),

own_means AS (
  SELECT
    *,
    SUM(n * cell_mean) OVER (PARTITION BY serial) / SUM(n) OVER (PARTITION BY serial) AS own_mean
  FROM cells
),

cell_means AS (
  SELECT
    *,
    (
      n * cell_mean + $cell_weight * (
        own_mean
        + SUM(n * (cell_mean - own_mean)) OVER (PARTITION BY is_weekend, local_hour)
          / SUM(n) OVER (PARTITION BY is_weekend, local_hour)
      )
    ) / (n + $cell_weight) AS mean
  FROM own_means
),

-- The variance is drawn towards the meter's mean variance times the fleet's ratio at that hour.
cell_variances AS (
  SELECT *, GREATEST(square - 2 * mean * cell_mean + mean * mean, $least_variance) AS variance
  FROM cell_means
),

own_variances AS (
  SELECT *, AVG(variance) OVER (PARTITION BY serial, is_weekend) AS own_variance
  FROM cell_variances
),

hour_shares AS (
  SELECT *, AVG(variance / own_variance) OVER (PARTITION BY is_weekend, local_hour) AS hour_share
  FROM own_variances
),

expected_hours AS (
  SELECT
    *,
    GREATEST(
      SQRT((n * variance + $cell_weight * hour_share * own_variance) / (n + $cell_weight)),
      $least_sd
    ) * SQRT(1 + 1 / (n + $cell_weight)) AS sd
  FROM hour_shares
),

hour_scores AS (
  SELECT
    e.serial,
    e.is_weekend,
    e.local_hour,
    e.first_day,
    e.meter_kw,
    e.n,
    e.mean,
    e.sd,
    e.last_hour,
    v.day,
    v.hour,
    v.x,
    v.floor_kw,
    v.peak_kw,
    (v.x - e.mean) / e.sd AS z
  FROM expected_hours AS e
  CROSS JOIN UNNEST(e.samples) AS v
),

-- Two deviations at most count, so that no meter determines the fleet's mean.
fleet_scores AS (
  SELECT
    *,
    AVG(GREATEST(-2, LEAST(2, z))) OVER (PARTITION BY day, hour) AS fleet_z,
    MIN(serial) OVER (PARTITION BY day, hour) AS first_serial
  FROM hour_scores
),

-- A value is of one row of a day, and some are a row of a cell or of the fleet too.
kinds AS (
  SELECT
    * EXCEPT (serial, is_weekend, hour, day),
    IF(kind = 'fleet', NULL, serial) AS serial,
    IF(kind = 'cell', is_weekend, NULL) AS is_weekend,
    CASE kind WHEN 'cell' THEN local_hour WHEN 'fleet' THEN hour END AS hour,
    IF(kind = 'cell', NULL, day) AS day
  FROM fleet_scores
  CROSS JOIN UNNEST(['day', 'cell', 'fleet']) AS kind
  WHERE kind = 'day'
    OR (kind = 'fleet' AND serial = first_serial)
    OR (kind = 'cell' AND 24 * UNIX_DATE(day) + hour = last_hour)
),

grouped AS (
  SELECT
    kind,
    serial,
    is_weekend,
    hour,
    day,
    ANY_VALUE(first_day) AS first_day,
    ANY_VALUE(meter_kw) AS meter_kw,
    ANY_VALUE(n) AS n,
    ANY_VALUE(mean) AS mean,
    ANY_VALUE(sd) AS sd,
    ANY_VALUE(floor_kw) AS floor_kw,
    ANY_VALUE(peak_kw) AS peak_kw,
    ANY_VALUE(fleet_z) AS fleet_z,
    COUNT(*) AS hours,
    AVG(z - fleet_z) AS avg_z,
    COALESCE(SAFE_DIVIDE(
      AVG(x * mean) - AVG(x) * AVG(mean), STDDEV_POP(x) * STDDEV_POP(mean)
    ), 0) AS shape
  FROM kinds
  GROUP BY kind, serial, is_weekend, hour, day
),

hours_to_make AS (
  SELECT hour, $local_hour AS local_hour, $is_weekend AS is_weekend
  FROM (
    SELECT hour, $local_minutes AS local_minutes
    FROM (SELECT DATE '$day' AS day) AS d
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
  )
)

SELECT
  DATE '$day' AS baseline_day,
  serial,
  IF(kind = 'cell', t.hour, g.hour) AS hour,
  day,
  IF(kind = 'day', DATE_DIFF(DATE '$day', first_day, DAY), NULL) AS history_days,
  IF(kind = 'day', meter_kw, NULL) AS meter_kw,
  IF(kind = 'cell', mean, NULL) AS mean,
  IF(kind = 'cell', sd, NULL) AS sd,
  IF(kind = 'fleet', fleet_z, NULL) AS fleet_z,
  IF(kind = 'day', hours, NULL) AS hours,
  IF(kind = 'day', avg_z, NULL) AS avg_z,
  IF(kind = 'day', floor_kw, NULL) AS floor_kw,
  IF(kind = 'day', peak_kw, NULL) AS peak_kw,
  IF(kind = 'day', shape, NULL) AS shape
FROM grouped AS g
LEFT JOIN hours_to_make AS t
  ON g.kind = 'cell' AND t.local_hour = g.hour AND t.is_weekend = g.is_weekend
WHERE kind != 'cell' OR t.hour IS NOT NULL
