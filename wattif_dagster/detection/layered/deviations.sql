-- Layers 1 and 2: how far each hour and day is from the baseline of its own day, for the day to
-- score and the days before it. CTE: evidence, one row a meter, hour or day, and tail.
hour_values AS (
  SELECT
    h.serial,
    h.time_hour_rolled AS time,
    DATE(h.time_hour_rolled) AS day,
    b.quantity,
    h.avg_kw / b.mean_kw AS avg_ratio,
    h.max_kw / b.mean_kw AS max_ratio,
    h.min_kw / b.mean_kw AS min_ratio,
    b.mean,
    b.sd,
    b.loading,
    b.loading_variance,
    SIGN(IF(b.quantity = 'avg', h.avg_kw, h.max_kw))
      * LN(1 + $log_scale * ABS(IF(b.quantity = 'avg', h.avg_kw, h.max_kw)) / b.mean_kw) AS x
  FROM $hourly_consumption AS h
  INNER JOIN $consumption_baseline AS b
    ON b.serial = h.serial
    AND b.day = DATE(h.time_hour_rolled)
    AND b.hour = EXTRACT(HOUR FROM h.time_hour_rolled)
  WHERE h.time_hour_rolled >= TIMESTAMP '$since'
    AND h.time_hour_rolled < TIMESTAMP '$day_end'
    AND b.day >= DATE '$since'
    AND b.day <= DATE '$day'
    AND h.n_readings = $expected_readings
),

-- What the whole fleet does is no anomaly; two deviations at most count, so that no meter rules it.
fleet_hours AS (
  SELECT quantity, time, AVG(GREATEST(-2, LEAST(2, (x - mean) / sd))) AS fleet_z
  FROM hour_values
  GROUP BY quantity, time
),

hour_scores AS (
  SELECT v.*, (v.x - v.mean) / v.sd - f.fleet_z AS z
  FROM hour_values AS v
  INNER JOIN fleet_hours AS f ON f.quantity = v.quantity AND f.time = v.time
),

scored_hours AS (
  SELECT
    a.serial,
    a.day,
    a.avg_ratio,
    a.max_ratio,
    a.min_ratio,
    a.x AS avg_log,
    m.x AS max_log,
    a.mean AS expected_log,
    a.z,
    ROW_NUMBER() OVER (PARTITION BY a.serial, a.day ORDER BY a.min_ratio) AS place
  FROM hour_scores AS a
  INNER JOIN hour_scores AS m ON m.serial = a.serial AND m.time = a.time
  WHERE a.quantity = 'avg' AND m.quantity = 'max'
),

$day_features,

day_values AS (
  SELECT
    f.serial,
    f.day,
    f.quantity,
    b.loading,
    b.loading_variance,
    GREATEST(-$largest_day_z, LEAST($largest_day_z, (f.x - b.mean) / b.sd)) AS z
  FROM day_features AS f
  INNER JOIN $consumption_baseline AS b
    ON b.serial = f.serial AND b.day = f.day AND b.quantity = f.quantity
  WHERE b.day >= DATE '$since'
    AND b.day <= DATE '$day'
),

fleet_days AS (
  SELECT quantity, day, AVG(GREATEST(-2, LEAST(2, z))) AS fleet_z
  FROM day_values
  GROUP BY quantity, day
),

-- When nobody is home, only the floor can be suspicious, unless heating determines it.
day_states AS (
  SELECT serial, day, $is_vacant AS is_vacant
  FROM (
    SELECT
      d.serial,
      d.day,
      d.mean_ratio AS mean_kw,
      EXP(d.floor) - 0.02 AS floor_kw,
      1 AS usual_mean_kw,
      EXP(b.mean) - 0.02 AS usual_floor_kw
    FROM days AS d
    INNER JOIN $consumption_baseline AS b ON b.serial = d.serial AND b.day = d.day
    WHERE b.day >= DATE '$since'
      AND b.day <= DATE '$day'
      AND b.quantity = 'floor'
  )
),

day_deviations AS (
  SELECT v.serial, v.day, v.quantity, v.z - f.fleet_z AS z, v.loading, v.loading_variance
  FROM day_values AS v
  INNER JOIN fleet_days AS f ON f.quantity = v.quantity AND f.day = v.day
),

-- The weather's effect beyond the fleet's mean: the median of deviation over loading of the meters
-- that respond to weather (loading > 0). Too few of them could hide their own anomalies.
weather AS (
  SELECT day, IF(COUNT(factor) >= $least_responding, ANY_VALUE(middle), 0) AS factor
  FROM (
    SELECT day, factor, PERCENTILE_CONT(factor, 0.5) OVER (PARTITION BY day) AS middle
    FROM (
      SELECT day, IF(loading > 0, SAFE_DIVIDE(z, loading), NULL) AS factor
      FROM day_deviations
      WHERE quantity = 'level'
    )
  )
  GROUP BY day
),

day_scores AS (
  SELECT
    d.serial,
    d.day,
    d.quantity,
    IF(
      a.is_vacant AND (d.quantity != 'floor' OR d.loading > 0),
      0,
      (d.z - d.loading * w.factor) / SQRT(1 + w.factor * w.factor * d.loading_variance)
    ) AS z
  FROM day_deviations AS d
  INNER JOIN weather AS w ON w.day = d.day
  INNER JOIN day_states AS a ON a.serial = d.serial AND a.day = d.day
),

-- Small deviations that last: sums over 1, 3 and 7 days, with unit variance for independent days.
day_sums AS (
  SELECT
    serial,
    day,
    quantity,
    z AS sum1,
    SUM(z) OVER last_3 / SQRT(3) AS sum3,
    SUM(z) OVER last_7 / SQRT(7) AS sum7
  FROM day_scores
  WINDOW
    last_3 AS (
      PARTITION BY serial, quantity
      ORDER BY UNIX_DATE(day) RANGE BETWEEN 2 PRECEDING AND CURRENT ROW
    ),
    last_7 AS (
      PARTITION BY serial, quantity
      ORDER BY UNIX_DATE(day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
    )
),

evidence AS (
  SELECT
    s.serial,
    'hour' AS layer,
    s.time,
    CONCAT('hour:', s.quantity, sign) AS tail,
    IF(sign = '+', 1, IF(COALESCE(a.is_vacant, FALSE), 0, -1)) * (s.z - s.loading * w.factor)
      / SQRT(1 + w.factor * w.factor * s.loading_variance) AS score
  FROM hour_scores AS s
  INNER JOIN weather AS w ON w.day = s.day
  LEFT JOIN day_states AS a ON a.serial = s.serial AND a.day = s.day
  CROSS JOIN UNNEST(['+', '-']) AS sign
  WHERE s.time >= TIMESTAMP '$calibration_start'
  UNION ALL
  SELECT
    serial,
    'day' AS layer,
    TIMESTAMP(day) AS time,
    CONCAT('day:', quantity, span, sign) AS tail,
    IF(sign = '+', 1, -1) * CASE span WHEN '1' THEN sum1 WHEN '3' THEN sum3 ELSE sum7 END AS score
  FROM day_sums
  CROSS JOIN UNNEST(['1', '3', '7']) AS span
  CROSS JOIN UNNEST(['+', '-']) AS sign
  WHERE day >= DATE '$calibration_start'
    -- A day less like the profile or with lower crests is suspect, the opposite is not.
    AND NOT (sign = '+' AND quantity IN ('crest', 'shape'))
    AND NOT (sign = '+' AND quantity = 'peak' AND span != '1')
),
