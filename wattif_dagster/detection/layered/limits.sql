-- CTE limits: the bounds of each hour.

-- The score of an hour's mean that is as rare as $bounds_tail on either side gives the bounds.
bounds AS (
  SELECT
    MIN(IF(tail = 'hour:avg+', bucket, NULL)) / $buckets_per_unit AS upper_z,
    -MIN(IF(tail = 'hour:avg-', bucket, NULL)) / $buckets_per_unit AS lower_z
  FROM $score_tails
  WHERE day = DATE '$day'
    AND n >= $least_calibration
    AND (1 + n_above) / (1 + n) <= $bounds_tail
),

limits AS (
  SELECT
    e.serial,
    e.time,
    s.usual_kw,
    s.history_days,
    e.expected + e.spread * s.hour_scale * q.lower_z AS lower_log,
    e.expected + e.spread * s.hour_scale * q.upper_z AS upper_log
  FROM (
    SELECT
      d.serial,
      TIMESTAMP_ADD(TIMESTAMP(d.day), INTERVAL hour HOUR) AS time,
      CASE hour
        WHEN {hour} THEN d.expected_{hour}
      END AS expected,
      CASE hour
        WHEN {hour} THEN d.spread_{hour}
      END AS spread
    FROM $consumption_deviations AS d
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
    WHERE d.day = DATE '$day'
  ) AS e
  INNER JOIN $scaled_deviations AS s ON s.serial = e.serial AND s.day = DATE '$day'
  CROSS JOIN bounds AS q
  WHERE e.expected IS NOT NULL
)
