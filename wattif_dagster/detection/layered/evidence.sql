-- CTE evidence: the scores of each meter's day and hours, one row for each tail: a deviation in one
-- direction. A higher floor or peak, or a day more like the profile, is not suspect.
evidence AS (
  SELECT
    serial,
    CAST(NULL AS INT64) AS hour,
    'day' AS layer,
    tail,
    CASE tail
      {day_case}
    END AS score
  FROM $scaled_deviations
  CROSS JOIN UNNEST($day_tails) AS tail
  WHERE day = DATE '$day'
    AND level IS NOT NULL
  UNION ALL
  SELECT
    serial,
    hour,
    'hour' AS layer,
    tail,
    IF(tail = 'hour:avg+', 1, IF(is_vacant, 0, -1)) * z / hour_scale AS score
  FROM (
    SELECT
      d.serial,
      hour,
      s.is_vacant,
      s.hour_scale,
      CASE hour
        WHEN {hour} THEN d.avg_z_{hour}
      END AS z
    FROM $consumption_deviations AS d
    INNER JOIN $scaled_deviations AS s ON s.serial = d.serial
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
    WHERE d.day = DATE '$day'
      AND s.day = DATE '$day'
  )
  CROSS JOIN UNNEST($hour_tails) AS tail
  WHERE z IS NOT NULL
)
