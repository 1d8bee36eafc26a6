-- consumption_baseline: what each meter is expected to do on the day.
--   mean_HH, sd_HH                 the mean of the hour, as a logarithm
--   level, floor, peak, shape      of the day
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
      WHEN 'floor' THEN LN(GREATEST(d.floor_kw / d.meter_kw, 0) + 0.02)
      WHEN 'peak' THEN LN(GREATEST(d.peak_kw / d.meter_kw, 0) + 0.05)
      WHEN 'shape' THEN d.shape
    END AS x
  FROM $baseline_fit AS d
  CROSS JOIN UNNEST(['avg', 'level', 'floor', 'peak', 'shape']) AS q
  WHERE d.baseline_day = DATE '$day'
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
),

expected_hours AS (
  SELECT
    MAX(IF(hour = {hour}, mean, NULL)) AS mean_{hour},
    MAX(IF(hour = {hour}, sd, NULL)) AS sd_{hour},
    serial
  FROM $baseline_fit
  WHERE baseline_day = DATE '$day'
    AND mean IS NOT NULL
  GROUP BY serial
)

SELECT
  DATE '$day' AS day,
  r.serial,
  MAX(IF(r.quantity = '{feature}', r.mean, NULL)) AS {feature}_mean,
  MAX(IF(r.quantity = '{feature}', r.sd, NULL)) AS {feature}_sd,
  MAX(IF(r.quantity = '{quantity}', IF(r.responds, r.loading, 0), NULL)) AS {quantity}_loading,
  MAX(IF(r.quantity = '{quantity}', IF(r.responds, r.loading_variance, 0), NULL)) AS {quantity}_loading_variance,
  ANY_VALUE(h.mean_{hour}) AS mean_{hour},
  ANY_VALUE(h.sd_{hour}) AS sd_{hour},
  ANY_VALUE(r.mean_kw) AS mean_kw,
  MAX(r.n) AS fit_days,
  ANY_VALUE(r.history_days) AS history_days
FROM responses AS r
LEFT JOIN expected_hours AS h ON h.serial = r.serial
GROUP BY r.serial
