-- What each meter is expected to do on one day, from the $history_days days before it: rows of
-- consumption_baseline, one for each meter, quantity and (for avg and max) hour.
--   avg, max                          of the hour, as logarithms
--   level, floor, peak, crest, shape  of the day, see day_features.sql
WITH
recent AS (
  SELECT
    serial,
    time_hour_rolled AS time,
    DATE(time_hour_rolled) AS day,
    avg_kw,
    max_kw,
    min_kw
  FROM $hourly_consumption
  WHERE time_hour_rolled >= TIMESTAMP '$history_start'
    AND time_hour_rolled < TIMESTAMP '$day'
    AND n_readings = $expected_readings
),

history AS (
  SELECT
    serial, MIN(day) AS first_day, DATE_DIFF(DATE '$day', MIN(day), DAY) AS history_days
  FROM recent
  GROUP BY serial
  HAVING MIN(day) <= DATE_SUB(DATE '$day', INTERVAL $least_history_days DAY)
),

-- The earliest $fit_days days of the window. With a full history the fit ends two weeks ago, so an
-- anomaly becomes part of the baseline only after two weeks.
fitted AS (
  SELECT
    r.serial,
    r.time,
    r.day,
    r.avg_kw,
    r.max_kw,
    r.min_kw,
    ROW_NUMBER() OVER (PARTITION BY r.serial, r.day ORDER BY r.min_kw) AS place,
    h.history_days
  FROM recent AS r
  INNER JOIN history AS h ON h.serial = r.serial
  WHERE r.day < DATE_ADD(h.first_day, INTERVAL $fit_days DAY)
),

-- Days away from home are left out (vacancy.sql), because they are unlike days at home.
day_loads AS (
  SELECT serial, day, AVG(avg_kw) AS mean_kw, MIN(IF(place >= 3, min_kw, NULL)) AS floor_kw
  FROM fitted
  GROUP BY serial, day
),

usual_loads AS (
  SELECT
    *,
    PERCENTILE_CONT(mean_kw, 0.5) OVER (PARTITION BY serial) AS usual_mean_kw,
    PERCENTILE_CONT(floor_kw, 0.5) OVER (PARTITION BY serial) AS usual_floor_kw
  FROM day_loads
),

home_days AS (
  SELECT serial, day
  FROM usual_loads
  WHERE NOT $is_vacant
),

meters AS (
  SELECT f.serial, GREATEST(AVG(f.avg_kw), $least_mean_kw) AS mean_kw
  FROM fitted AS f
  INNER JOIN home_days AS d ON d.serial = f.serial AND d.day = f.day
  GROUP BY f.serial
),

-- Logarithms tame the long right tail of a load, and stay finite for outages and reverse flow.
hours AS (
  SELECT
    f.serial,
    f.time,
    f.day,
    EXTRACT(HOUR FROM f.time) AS hour,
    MOD(DATE_DIFF(f.day, DATE '1900-01-01', DAY), 7) >= 5 AS is_weekend,
    m.mean_kw,
    f.history_days,
    f.avg_kw,
    f.max_kw,
    f.min_kw,
    f.place,
    SIGN(f.avg_kw) * LN(1 + $log_scale * ABS(f.avg_kw) / m.mean_kw) AS avg_log,
    SIGN(f.max_kw) * LN(1 + $log_scale * ABS(f.max_kw) / m.mean_kw) AS max_log
  FROM fitted AS f
  INNER JOIN home_days AS d ON d.serial = f.serial AND d.day = f.day
  INNER JOIN meters AS m ON m.serial = f.serial
),

series AS (
  SELECT serial, 'avg' AS quantity, time, day, hour, is_weekend, avg_log AS x FROM hours
  UNION ALL
  SELECT serial, 'max' AS quantity, time, day, hour, is_weekend, max_log AS x FROM hours
),

-- A cell (meter, hour, class of day) has few days, so it is drawn towards the meter's own mean plus
-- what the fleet does at that hour, with the weight of $cell_weight days.
own AS (
  SELECT serial, quantity, AVG(x) AS mean
  FROM series
  GROUP BY serial, quantity
),

fleet_hours AS (
  SELECT s.quantity, s.is_weekend, s.hour, AVG(s.x - o.mean) AS mean
  FROM series AS s
  INNER JOIN own AS o ON o.serial = s.serial AND o.quantity = s.quantity
  GROUP BY s.quantity, s.is_weekend, s.hour
),

cells AS (
  SELECT serial, quantity, is_weekend, hour, COUNT(*) AS n, AVG(x) AS mean, AVG(x * x) AS square
  FROM series
  GROUP BY serial, quantity, is_weekend, hour
),

cell_means AS (
  SELECT
    c.serial,
    c.quantity,
    c.is_weekend,
    c.hour,
    c.n,
    c.mean AS cell_mean,
    c.square,
    (c.n * c.mean + $cell_weight * (o.mean + f.mean)) / (c.n + $cell_weight) AS mean
  FROM cells AS c
  INNER JOIN own AS o ON o.serial = c.serial AND o.quantity = c.quantity
  INNER JOIN fleet_hours AS f
    ON f.quantity = c.quantity AND f.is_weekend = c.is_weekend AND f.hour = c.hour
),

-- The variance is drawn towards the meter's mean variance times the fleet's ratio at that hour.
cell_variances AS (
  SELECT
    *,
    AVG(variance) OVER (PARTITION BY serial, quantity, is_weekend) AS own_variance
  FROM (
    SELECT
      *,
      GREATEST(square - 2 * mean * cell_mean + mean * mean, $least_variance) AS variance
    FROM cell_means
  )
),

expected_hours AS (
  SELECT
    serial,
    quantity,
    is_weekend,
    hour,
    n,
    mean,
    GREATEST(
      SQRT((n * variance + $cell_weight * hour_share * own_variance) / (n + $cell_weight)),
      $least_sd
    ) * SQRT(1 + 1 / (n + $cell_weight)) AS sd
  FROM (
    SELECT
      *,
      AVG(variance / own_variance) OVER (PARTITION BY quantity, is_weekend, hour) AS hour_share
    FROM cell_variances
  )
),

hour_scores AS (
  SELECT
    s.serial,
    s.quantity,
    s.time,
    s.day,
    e.mean,
    (s.x - e.mean) / e.sd AS z
  FROM series AS s
  INNER JOIN expected_hours AS e
    ON e.serial = s.serial
    AND e.quantity = s.quantity
    AND e.is_weekend = s.is_weekend
    AND e.hour = s.hour
),

fleet_scores AS (
  SELECT quantity, time, AVG(GREATEST(-2, LEAST(2, z))) AS fleet_z
  FROM hour_scores
  GROUP BY quantity, time
),

scored_hours AS (
  SELECT
    h.serial,
    h.day,
    h.avg_kw / h.mean_kw AS avg_ratio,
    h.max_kw / h.mean_kw AS max_ratio,
    h.min_kw / h.mean_kw AS min_ratio,
    h.avg_log,
    h.max_log,
    s.mean AS expected_log,
    s.z - f.fleet_z AS z,
    h.place
  FROM hours AS h
  INNER JOIN hour_scores AS s
    ON s.serial = h.serial AND s.time = h.time AND s.quantity = 'avg'
  INNER JOIN fleet_scores AS f ON f.quantity = s.quantity AND f.time = s.time
),

$day_features,

feature_moments AS (
  SELECT
    serial,
    quantity,
    COUNT(*) AS n,
    AVG(x) AS mean,
    VAR_SAMP(x) AS variance
  FROM day_features
  GROUP BY serial, quantity
),

-- The day's features have the same moments all week. Variances are drawn towards the fleet's.
expected_days AS (
  SELECT
    serial,
    quantity,
    n,
    mean,
    SQRT((n * variance + $day_weight * fleet_variance) / (n + $day_weight)) AS sd
  FROM (
    SELECT
      *,
      EXP(AVG(LN(variance + $least_variance)) OVER (PARTITION BY quantity)) AS fleet_variance
    FROM feature_moments
  )
),

day_scores AS (
  SELECT d.serial, d.quantity, d.day, (d.x - e.mean) / e.sd AS z
  FROM day_features AS d
  INNER JOIN expected_days AS e ON e.serial = d.serial AND e.quantity = d.quantity
),

fleet_days AS (
  SELECT quantity, day, AVG(GREATEST(-2, LEAST(2, z))) AS fleet_z
  FROM day_scores
  GROUP BY quantity, day
),

-- The fleet's ups and downs, mostly the weather's, which homes heated by electricity follow many
-- times as much as others. A loading is the slope of a deviation against them, drawn towards 0.
weather AS (
  SELECT day, AVG(fleet_z) - AVG(AVG(fleet_z)) OVER () AS factor
  FROM fleet_scores
  INNER JOIN (SELECT DISTINCT time, day FROM hours) USING (time)
  WHERE quantity = 'avg'
  GROUP BY day
),

deviations AS (
  SELECT s.serial, s.quantity, s.day, AVG(s.z - f.fleet_z) AS z
  FROM hour_scores AS s
  INNER JOIN fleet_scores AS f ON f.quantity = s.quantity AND f.time = s.time
  GROUP BY s.serial, s.quantity, s.day
  UNION ALL
  SELECT s.serial, s.quantity, s.day, s.z - f.fleet_z AS z
  FROM day_scores AS s
  INNER JOIN fleet_days AS f ON f.quantity = s.quantity AND f.day = s.day
),

loadings AS (
  SELECT
    serial,
    quantity,
    -- A single day has no ups and downs to follow.
    COALESCE(SAFE_DIVIDE(
      SUM(z * factor), SUM(factor * factor) + VAR_POP(z) / $loading_variance
    ), 0) AS loading,
    COALESCE(SAFE_DIVIDE(
      VAR_POP(z), SUM(factor * factor) + VAR_POP(z) / $loading_variance
    ), 0) AS loading_variance
  FROM deviations AS d
  INNER JOIN weather AS w ON w.day = d.day
  GROUP BY serial, quantity
),

-- Only the meters that seem to follow have a slope. For the others it would be noise.
responding AS (
  SELECT DISTINCT serial
  FROM loadings
  WHERE quantity IN ('level', 'floor') AND loading > $responding_limit * SQRT(loading_variance)
),

expected AS (
  SELECT serial, quantity, hour, n, mean, sd
  FROM expected_hours
  WHERE is_weekend = (MOD(DATE_DIFF(DATE '$day', DATE '1900-01-01', DAY), 7) >= 5)
  UNION ALL
  SELECT serial, quantity, NULL AS hour, n, mean, sd
  FROM expected_days
)

SELECT
  DATE '$day' AS day,
  e.serial,
  e.quantity,
  e.hour,
  e.n,
  e.mean,
  e.sd,
  IF(r.serial IS NULL, 0, l.loading) AS loading,
  IF(r.serial IS NULL, 0, l.loading_variance) AS loading_variance,
  m.mean_kw,
  h.history_days
FROM expected AS e
INNER JOIN loadings AS l ON l.serial = e.serial AND l.quantity = e.quantity
INNER JOIN meters AS m ON m.serial = e.serial
INNER JOIN history AS h ON h.serial = e.serial
LEFT JOIN responding AS r ON r.serial = e.serial
