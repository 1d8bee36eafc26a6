-- consumption_baseline: what each meter is expected to do on the day, one row for each meter, quantity
-- and (for avg) hour.
--   avg                        the mean of the hour, as a logarithm
--   level, floor, peak, shape  of the day
-- level is the fit's avg_z. floor is the third-smallest minimum of an hour, and peak the largest
-- reading, both as logarithms of their ratio to the meter's mean. See baseline_fit.sql for the others.
WITH
day_values AS (
  SELECT
    d.serial,
    d.day,
    d.history_days,
    d.meter_kw,
    q AS quantity,
    q != 'avg' AS is_feature,
    CASE q
      WHEN 'avg' THEN d.avg_z
      WHEN 'level' THEN d.avg_z
      WHEN 'floor' THEN LN(GREATEST(m.floor_kw / d.meter_kw, 0) + 0.02)
      WHEN 'peak' THEN LN(GREATEST(m.peak_kw / d.meter_kw, 0) + 0.05)
      WHEN 'shape' THEN d.shape
    END AS x
  FROM $baseline_fit AS d
  INNER JOIN $meter_days AS m ON m.serial = d.serial AND m.day = d.day
  CROSS JOIN UNNEST(['avg', 'level', 'floor', 'peak', 'shape']) AS q
  WHERE d.baseline_day = DATE '$day'
    AND m.day >= DATE '$history_start'
    AND m.day < DATE '$day'
    AND d.hours IS NOT NULL  -- a day of the fit
    AND (d.hours >= $least_day_hours OR q = 'avg')
),

moments AS (
  SELECT
    serial,
    quantity,
    is_feature,
    ANY_VALUE(history_days) AS history_days,
    ANY_VALUE(meter_kw) AS meter_kw,
    COUNT(*) AS n,
    AVG(x) AS mean,
    VAR_SAMP(x) AS variance,
    ARRAY_AGG(STRUCT(day AS day, x AS x)) AS days
  FROM day_values
  GROUP BY serial, quantity, is_feature
),

-- The day's features have the same moments all week. Variances are drawn towards the fleet's.
expected_days AS (
  SELECT
    *,
    SQRT((n * variance + $day_weight * fleet_variance) / (n + $day_weight) * (1 + 1 / n)) AS sd
  FROM (
    SELECT
      *,
      EXP(AVG(LN(variance + $least_variance)) OVER (PARTITION BY quantity)) AS fleet_variance
    FROM moments
  )
),

day_scores AS (
  SELECT
    e.serial,
    e.quantity,
    e.is_feature,
    e.history_days,
    e.meter_kw,
    e.n,
    e.mean,
    e.sd,
    d.day,
    IF(e.is_feature, (d.x - e.mean) / e.sd, d.x) AS z
  FROM expected_days AS e
  CROSS JOIN UNNEST(e.days) AS d
),

-- avg already has the fleet's mean of each hour taken out.
deviations AS (
  SELECT
    * EXCEPT (z),
    z - IF(
      is_feature, AVG(GREATEST(-2, LEAST(2, z))) OVER (PARTITION BY quantity, day), 0
    ) AS z
  FROM day_scores
),

-- The fleet's ups and downs, mostly the weather's, which homes heated by electricity follow many
-- times as much as others. A loading is the slope of a deviation against them, drawn towards 0.
weather AS (
  SELECT day, AVG(fleet_z) - AVG(AVG(fleet_z)) OVER () AS factor
  FROM $baseline_fit
  WHERE baseline_day = DATE '$day'
    AND fleet_z IS NOT NULL
  GROUP BY day
),

loadings AS (
  SELECT
    d.serial,
    d.quantity,
    ANY_VALUE(d.history_days) AS history_days,
    ANY_VALUE(d.meter_kw) AS mean_kw,
    ANY_VALUE(d.n) AS n,
    ANY_VALUE(d.mean) AS mean,
    ANY_VALUE(d.sd) AS sd,
    -- A single day has no ups and downs to follow.
    COALESCE(SAFE_DIVIDE(
      SUM(d.z * w.factor), SUM(w.factor * w.factor) + VAR_POP(d.z) / $loading_variance
    ), 0) AS loading,
    COALESCE(SAFE_DIVIDE(
      VAR_POP(d.z), SUM(w.factor * w.factor) + VAR_POP(d.z) / $loading_variance
    ), 0) AS loading_variance
  FROM deviations AS d
  INNER JOIN weather AS w ON w.day = d.day
  GROUP BY d.serial, d.quantity
),

-- Only the meters that seem to follow have a slope. For the others it would be noise.
responses AS (
  SELECT
    *,
    LOGICAL_OR(
      quantity IN ('level', 'floor') AND loading > $responding_limit * SQRT(loading_variance)
    ) OVER (PARTITION BY serial) AS responds
  FROM loadings
)

SELECT
  DATE '$day' AS day,
  r.serial,
  r.quantity,
  c.hour,
  COALESCE(c.n, r.n) AS n,
  COALESCE(c.mean, r.mean) AS mean,
  COALESCE(c.sd, r.sd) AS sd,
  IF(r.responds, r.loading, 0) AS loading,
  IF(r.responds, r.loading_variance, 0) AS loading_variance,
  r.mean_kw,
  r.history_days
FROM responses AS r
LEFT JOIN (
  SELECT f.serial, 'avg' AS quantity, t.hour, f.n, f.mean, f.sd
  FROM (
    SELECT hour, $local_hour AS local_hour, $is_weekend AS is_weekend
    FROM (
      SELECT hour, $local_minutes AS local_minutes
      FROM (SELECT DATE '$day' AS day) AS d
      CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
    )
  ) AS t
  INNER JOIN $baseline_fit AS f ON f.hour = t.local_hour AND f.is_weekend = t.is_weekend
  WHERE f.baseline_day = DATE '$day'
    AND f.n IS NOT NULL  -- the expectation of an hour
) AS c ON c.serial = r.serial AND c.quantity = r.quantity
