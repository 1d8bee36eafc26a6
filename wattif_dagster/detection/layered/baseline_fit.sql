-- baseline_fit: the fit of the hours, from the $history_days days before the day. It has three kinds
-- of rows, so that the days are read once:
--   serial and day             a day of the fit: the features of the day, see below
--   serial, quantity and hour  what is expected of the mean (avg) and largest reading (max), as
--                              logarithms, at that hour of the day's class (workday or weekend)
--   quantity, day and hour     how far the whole fleet was from what is expected
-- Features of a day: avg_z and max_z are the mean deviations of its hours. crest is the mean of the
-- largest over the mean reading. shape is the correlation with the meter's own profile.
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
  SELECT *, SIGN(kw) * LN(1 + $log_scale * ABS(kw) / meter_kw) AS x
  FROM (
    SELECT
      d.serial,
      d.day,
      MOD(DATE_DIFF(d.day, DATE '1900-01-01', DAY), 7) >= 5 AS is_weekend,
      d.first_day,
      d.meter_kw,
      quantity,
      hour,
      CASE hour
        WHEN {hour} THEN IF(quantity = 'avg', d.avg_kw_{hour}, d.max_kw_{hour})
      END AS kw
    FROM home_days AS d
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
    CROSS JOIN UNNEST(['avg', 'max']) AS quantity
  )
  WHERE kw IS NOT NULL
),

-- A cell (meter, quantity, class of day, hour) has few days, so its mean is drawn towards the meter's
-- own mean plus what the fleet does at that hour, with the weight of $cell_weight days.
cells AS (
  SELECT
    serial,
    quantity,
    is_weekend,
    hour,
    ANY_VALUE(first_day) AS first_day,
    ANY_VALUE(meter_kw) AS meter_kw,
    MAX(day) AS last_day,
    COUNT(*) AS n,
    AVG(x) AS cell_mean,
    AVG(x * x) AS square,
    ARRAY_AGG(STRUCT(day AS day, x AS x)) AS days
  FROM hours
  GROUP BY serial, quantity, is_weekend, hour
),

own_means AS (
  SELECT
    *,
    SUM(n * cell_mean) OVER (PARTITION BY serial, quantity)
      / SUM(n) OVER (PARTITION BY serial, quantity) AS own_mean
  FROM cells
),

cell_means AS (
  SELECT
    *,
    (
      n * cell_mean + $cell_weight * (
        own_mean
        + SUM(n * (cell_mean - own_mean)) OVER (PARTITION BY quantity, is_weekend, hour)
          / SUM(n) OVER (PARTITION BY quantity, is_weekend, hour)
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
  SELECT *, AVG(variance) OVER (PARTITION BY serial, quantity, is_weekend) AS own_variance
  FROM cell_variances
),

hour_shares AS (
  SELECT
    *,
    AVG(variance / own_variance) OVER (PARTITION BY quantity, is_weekend, hour) AS hour_share
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
    e.quantity,
    e.is_weekend,
    e.hour,
    e.first_day,
    e.meter_kw,
    e.n,
    e.mean,
    e.sd,
    e.last_day,
    d.day,
    d.x,
    (d.x - e.mean) / e.sd AS z
  FROM expected_hours AS e
  CROSS JOIN UNNEST(e.days) AS d
),

-- Two deviations at most count, so that no meter determines the fleet's mean.
fleet_scores AS (
  SELECT
    *,
    AVG(GREATEST(-2, LEAST(2, z))) OVER (PARTITION BY quantity, day, hour) AS fleet_z,
    MIN(serial) OVER (PARTITION BY quantity, day, hour) AS first_serial
  FROM hour_scores
),

-- A value is of one row of a day, and some are a row of a cell or of the fleet too.
kinds AS (
  SELECT
    * EXCEPT (serial, quantity, hour, day),
    quantity AS part,
    IF(kind = 'fleet', NULL, serial) AS serial,
    IF(kind = 'day', NULL, quantity) AS quantity,
    IF(kind = 'day', NULL, hour) AS hour,
    IF(kind = 'cell', NULL, day) AS day
  FROM fleet_scores
  CROSS JOIN UNNEST(['day', 'cell', 'fleet']) AS kind
  WHERE kind = 'day'
    OR (kind = 'fleet' AND serial = first_serial)
    OR (
      kind = 'cell'
      AND day = last_day
      AND is_weekend = (MOD(DATE_DIFF(DATE '$day', DATE '1900-01-01', DAY), 7) >= 5)
    )
),

grouped AS (
  SELECT
    kind,
    serial,
    quantity,
    hour,
    day,
    ANY_VALUE(first_day) AS first_day,
    ANY_VALUE(meter_kw) AS meter_kw,
    ANY_VALUE(n) AS n,
    ANY_VALUE(mean) AS mean,
    ANY_VALUE(sd) AS sd,
    ANY_VALUE(fleet_z) AS fleet_z,
    COUNTIF(part = 'avg') AS hours,
    AVG(IF(part = 'avg', z - fleet_z, NULL)) AS avg_z,
    AVG(IF(part = 'max', z - fleet_z, NULL)) AS max_z,
    AVG(IF(part = 'max', x, NULL)) - AVG(IF(part = 'avg', x, NULL)) AS crest,
    COALESCE(SAFE_DIVIDE(
      AVG(IF(part = 'avg', x * mean, NULL))
        - AVG(IF(part = 'avg', x, NULL)) * AVG(IF(part = 'avg', mean, NULL)),
      STDDEV_POP(IF(part = 'avg', x, NULL)) * STDDEV_POP(IF(part = 'avg', mean, NULL))
    ), 0) AS shape
  FROM kinds
  GROUP BY kind, serial, quantity, hour, day
)

SELECT
  DATE '$day' AS baseline_day,
  serial,
  quantity,
  hour,
  day,
  IF(kind = 'day', DATE_DIFF(DATE '$day', first_day, DAY), NULL) AS history_days,
  IF(kind = 'day', meter_kw, NULL) AS meter_kw,
  IF(kind = 'cell', n, NULL) AS n,
  IF(kind = 'cell', mean, NULL) AS mean,
  IF(kind = 'cell', sd, NULL) AS sd,
  IF(kind = 'fleet', fleet_z, NULL) AS fleet_z,
  IF(kind = 'day', hours, NULL) AS hours,
  IF(kind = 'day', avg_z, NULL) AS avg_z,
  IF(kind = 'day', max_z, NULL) AS max_z,
  IF(kind = 'day', crest, NULL) AS crest,
  IF(kind = 'day', shape, NULL) AS shape
FROM grouped
