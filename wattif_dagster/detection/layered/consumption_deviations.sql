-- consumption_deviations: the deviations of the day without those of the fleet and of the weather, in
-- standard deviations, and the expectation that the bounds of each hour are made from.
WITH
-- Two deviations at most count, so that no meter determines the fleet's mean.
fleet AS (
  SELECT
    AVG(IF({feature}_z IS NULL, NULL, GREATEST(-2, LEAST(2, {feature}_z)))) AS {feature},
    COUNT(*) AS meters
  FROM $day_deviations
  WHERE day = DATE '$day'
),

-- The weather's effect beyond the fleet's mean: the median of deviation over loading of the meters
-- that respond to weather (loading > 0). Too few of them could hide their own anomalies.
weather AS (
  SELECT IF(COUNT(factor) >= $least_responding, ANY_VALUE(middle), 0) AS factor
  FROM (
    SELECT factor, PERCENTILE_CONT(factor, 0.5) OVER () AS middle
    FROM (
      SELECT
        IF(
          d.level_loading > 0, SAFE_DIVIDE(d.level_z - f.level, d.level_loading), NULL
        ) AS factor
      FROM $day_deviations AS d
      CROSS JOIN fleet AS f
      WHERE d.day = DATE '$day'
    )
  )
),

factors AS (
  SELECT
    d.*,
    f.{feature} AS fleet_{feature},
    w.factor,
    w.factor * w.factor AS square
  FROM $day_deviations AS d
  CROSS JOIN fleet AS f
  CROSS JOIN weather AS w
  WHERE d.day = DATE '$day'
),

deviations AS (
  SELECT
    *,
    ({feature}_z - fleet_{feature} - {feature}_loading * factor) / SQRT(1 + square * {feature}_loading_variance) AS {feature},
    SQRT(1 + square * avg_loading_variance) AS avg_width
  FROM factors
),

hours AS (
  SELECT
    (avg_z_{hour} - avg_loading * factor) / avg_width AS z_{hour},
    *
  FROM deviations
)

SELECT
  day,
  serial,
  IF({feature} IS NOT NULL AND is_vacant AND ('{feature}' != 'floor' OR floor_loading > 0), 0, {feature}) AS {feature},
  z_{hour} AS avg_z_{hour},
  mean_{hour} + COALESCE(sd_{hour} * (fleet_z_{hour} + avg_loading * factor), 0) AS expected_{hour},
  sd_{hour} * COALESCE(avg_width, 1) AS spread_{hour},
  -- Their sum says how restless the meter is; one hour does not dominate it.
  (
    SELECT SUM(LEAST($largest_square, z * z))
    FROM UNNEST([
      CAST(NULL AS FLOAT64)
      , z_{hour}
    ]) AS z
  ) AS hour_squares,
  (
    SELECT COUNT(z)
    FROM UNNEST([
      CAST(NULL AS FLOAT64)
      , z_{hour}
    ]) AS z
  ) AS hours,
  usual_kw,
  history_days,
  is_vacant
FROM hours
