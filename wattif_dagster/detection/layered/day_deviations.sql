-- day_deviations: how far each meter's hours and day are from its baseline, before the fleet's day
-- and the weather are taken out. One row for each meter with a baseline.
WITH
expectations AS (
  SELECT
    b.* EXCEPT (day),
    d.floor_kw,
    d.peak_kw,
    hour,
    CASE hour
      WHEN {hour} THEN b.mean_{hour}
    END AS mean,
    CASE hour
      WHEN {hour} THEN b.sd_{hour}
    END AS sd,
    CASE hour
      WHEN {hour} THEN IF(b.mean_{hour} IS NULL, NULL, d.avg_kw_{hour})
    END AS kw
  FROM $consumption_baseline AS b
  LEFT JOIN (SELECT * FROM $meter_days WHERE day = DATE '$day') AS d ON d.serial = b.serial
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
  WHERE b.day = DATE '$day'
),

hours AS (
  SELECT *, IF(kw IS NULL, NULL, (x - mean) / sd) AS z
  FROM (
    SELECT *, SIGN(kw) * LN(1 + $log_scale * ABS(kw) / mean_kw) AS x
    FROM expectations
  )
),

-- What the whole fleet does at an hour is no anomaly.
fleet_hours AS (
  SELECT
    *,
    AVG(IF(kw IS NULL, NULL, GREATEST(-2, LEAST(2, z)))) OVER (PARTITION BY hour) AS fleet_z
  FROM hours
),

meters AS (
  SELECT
    ANY_VALUE(mean_kw) AS usual_kw,
    ANY_VALUE(history_days) AS history_days,
    COUNTIF(kw IS NOT NULL) AS hours,
    AVG(kw) / ANY_VALUE(mean_kw) AS mean_ratio,
    ANY_VALUE(floor_kw) / ANY_VALUE(mean_kw) AS floor_ratio,
    ANY_VALUE(peak_kw) / ANY_VALUE(mean_kw) AS peak_ratio,
    AVG(z - fleet_z) AS level,
    COALESCE(SAFE_DIVIDE(
      AVG(x * mean) - AVG(x) * AVG(IF(kw IS NOT NULL, mean, NULL)),
      STDDEV_POP(x) * STDDEV_POP(IF(kw IS NOT NULL, mean, NULL))
    ), 0) AS shape,
    ANY_VALUE({feature}_mean) AS {feature}_mean,
    ANY_VALUE({feature}_sd) AS {feature}_sd,
    ANY_VALUE({quantity}_loading) AS {quantity}_loading,
    ANY_VALUE({quantity}_loading_variance) AS {quantity}_loading_variance,
    MAX(IF(hour = {hour}, z - fleet_z, NULL)) AS avg_z_{hour},
    ANY_VALUE(mean_{hour}) AS mean_{hour},
    ANY_VALUE(sd_{hour}) AS sd_{hour},
    MAX(IF(hour = {hour}, fleet_z, NULL)) AS fleet_z_{hour},
    serial
  FROM fleet_hours
  GROUP BY serial
),

features AS (
  SELECT
    *,
    mean_ratio AS mean_kw,
    GREATEST(floor_ratio, 0) AS floor_kw,
    1 AS usual_mean_kw,
    EXP(floor_mean) - 0.02 AS usual_floor_kw,
    LN(GREATEST(floor_ratio, 0) + 0.02) AS floor,
    LN(GREATEST(peak_ratio, 0) + 0.05) AS peak
  FROM meters
),

day_scores AS (
  SELECT
    *,
    IF(hours >= $least_day_hours, ({feature} - {feature}_mean) / {feature}_sd, NULL) AS {feature}_score,
    -- When nobody is home, only the floor can be suspicious, unless heating determines it.
    hours >= $least_day_hours AND $is_vacant AS is_vacant
  FROM features
)

SELECT
  DATE '$day' AS day,
  serial,
  {quantity}_loading,
  {quantity}_loading_variance,
  avg_z_{hour},
  mean_{hour},
  sd_{hour},
  fleet_z_{hour},
  -- No single day dominates the sum of a week.
  IF({feature}_score IS NULL, NULL, GREATEST(-$largest_z, LEAST($largest_z, {feature}_score))) AS {feature}_z,
  is_vacant,
  usual_kw,
  history_days
FROM day_scores
