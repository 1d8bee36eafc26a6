-- A meter's day in five features, from scored_hours. Days with few complete hours are left out.
--   level   mean deviation of the hours          floor  third-smallest minimum of an hour
--   peak    largest reading                      crest  mean of the largest over the mean reading
--   shape   correlation with the meter's own profile
days AS (
  SELECT
    serial,
    day,
    AVG(avg_ratio) AS mean_ratio,
    AVG(z) AS level,
    LN(GREATEST(MIN(IF(place >= 3, min_ratio, NULL)), 0) + 0.02) AS floor,
    LN(GREATEST(MAX(max_ratio), 0) + 0.05) AS peak,
    AVG(max_log - avg_log) AS crest,
    COALESCE(SAFE_DIVIDE(
      AVG(avg_log * expected_log) - AVG(avg_log) * AVG(expected_log),
      STDDEV_POP(avg_log) * STDDEV_POP(expected_log)
    ), 0) AS shape
  FROM scored_hours
  GROUP BY serial, day
  HAVING COUNT(*) >= $least_day_hours
),

day_features AS (
  SELECT serial, day, 'level' AS quantity, level AS x FROM days
  UNION ALL
  SELECT serial, day, 'floor' AS quantity, floor AS x FROM days
  UNION ALL
  SELECT serial, day, 'peak' AS quantity, peak AS x FROM days
  UNION ALL
  SELECT serial, day, 'crest' AS quantity, crest AS x FROM days
  UNION ALL
  SELECT serial, day, 'shape' AS quantity, shape AS x FROM days
)
