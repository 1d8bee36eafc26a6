-- The fleet's AVG and MAX of consumption_hour_rolled for each hour of one day, scored against a
-- baseline of the days before it: one row for each hour and metric, in the columns of
-- fleet_anomalies. fleet_hours has 24 rows a day.
--
-- The baseline of an hour is n past values of the metric at the same local hour of day, on days of the
-- same class: weekdays, or weekends and holidays. For a normal sample with mean m and standard deviation s the
-- next value x has (x - m) / (s * SQRT(1 + 1/n)) distributed as Student's t, n - 1 degrees of
-- freedom: this gives the predictive interval (the bounds) and anomaly_prob, the probability of a
-- value less far from m than x is.
WITH
series AS (
  SELECT metric, time, value, $local_hour AS hour, $is_weekend AS is_weekend
  FROM (
    SELECT metric, time, value, $local_minutes AS local_minutes
    FROM (
      SELECT
        metric,
        time,
        IF(metric = 'AVG', avg_kwh, max_kwh) AS value,
        DATE(time) AS day,
        EXTRACT(HOUR FROM time) AS hour
      FROM `$table`
      CROSS JOIN UNNEST(['AVG', 'MAX']) AS metric
      WHERE time >= TIMESTAMP '$history_start'
        AND time < TIMESTAMP '$day_end'
    ) AS d
  )
),

-- The local hours and classes of the day to score.
cells AS (
  SELECT DISTINCT metric, hour, is_weekend
  FROM series
  WHERE time >= TIMESTAMP '$day'
),

-- A class with few days yet borrows those of the other: rather a wide interval than none.
counted AS (
  SELECT
    c.metric,
    c.hour,
    c.is_weekend,
    p.value,
    p.is_weekend = c.is_weekend AS is_same_class,
    SUM(IF(p.is_weekend = c.is_weekend, 1, 0)) OVER cell AS n_same_class
  FROM cells AS c
  INNER JOIN series AS p ON p.metric = c.metric AND p.hour = c.hour
  WHERE p.time < TIMESTAMP '$day'
  WINDOW
    cell AS (PARTITION BY c.metric, c.hour, c.is_weekend)
),

history AS (
  SELECT
    metric,
    hour,
    is_weekend,
    value,
    COUNT(*) OVER (PARTITION BY metric, hour, is_weekend) AS n_found,
    PERCENTILE_CONT(value, 0.25) OVER (PARTITION BY metric, hour, is_weekend) AS q1,
    PERCENTILE_CONT(value, 0.75) OVER (PARTITION BY metric, hour, is_weekend) AS q3
  FROM counted
  WHERE is_same_class OR n_same_class < $full_history
),

-- Past incidents must not widen the interval: what lies far outside the quartiles is left out,
-- once there are enough values for the quartiles to mean something.
-- The floor under s keeps rounding in a constant history from being an anomaly. With too little
-- history df is NULL, and so is all that follows from it.
baseline AS (
  SELECT
    metric,
    hour,
    is_weekend,
    COUNT(*) AS n,
    IF(COUNT(*) >= $min_history, COUNT(*) - 1, NULL) AS df,
    AVG(value) AS mean,
    GREATEST(STDDEV_SAMP(value), $relative_floor * ABS(AVG(value)), $absolute_floor)
      * SQRT(1 + 1 / COUNT(*)) AS scale
  FROM history
  WHERE n_found < $full_history
    OR value BETWEEN q1 - $fence * (q3 - q1) AND q3 + $fence * (q3 - q1)
  GROUP BY metric, hour, is_weekend
),

scored AS (
  SELECT
    s.metric,
    s.time,
    s.value,
    COALESCE(b.n, 0) AS n,
    b.mean,
    b.scale,
    b.df,
    -- Two-sided critical values of t at $threshold for 1, 2, 3 .. degrees of freedom.
    $t_critical[SAFE_ORDINAL(b.df)] AS t_critical,
    ATAN(ABS(s.value - b.mean) / b.scale / SQRT(b.df)) AS theta
  FROM series AS s
  LEFT JOIN baseline AS b
    ON b.metric = s.metric AND b.hour = s.hour AND b.is_weekend = s.is_weekend
  WHERE s.time >= TIMESTAMP '$day'
),

-- P(|T| <= t) in closed form, for whole degrees of freedom (Abramowitz and Stegun, Handbook of
-- Mathematical Functions, 26.7.3 and 26.7.4). With theta = ATAN(t / SQRT(df)) and
--   c = sum of a[i] * COS(theta)^i for i = df - 2, df - 4 .. 1 or 0,
--   a[0] = a[1] = 1, a[i] = a[i - 2] * (i - 1) / i
-- it is SIN(theta) * c for even df, and 2 / pi * (theta + SIN(theta) * c) for odd df.
cosine_series AS (
  SELECT
    i,
    EXP(SUM(LN(IF(i < 2, 1, (i - 1) / i))) OVER (PARTITION BY MOD(i, 2) ORDER BY i)) AS a
  FROM UNNEST(GENERATE_ARRAY(0, $history_days)) AS i
),

cosine_sums AS (
  SELECT metric, time, SUM(a * POW(COS(theta), i)) AS c
  FROM scored
  INNER JOIN cosine_series ON MOD(i, 2) = MOD(df, 2) AND i <= df - 2
  GROUP BY metric, time
),

probabilities AS (
  SELECT
    *,
    IF(MOD(df, 2) = 0, SIN(theta) * c, 2 / ACOS(-1) * (theta + SIN(theta) * c)) AS probability
  FROM scored
  LEFT JOIN cosine_sums USING (metric, time)
)

SELECT
  'consumption_hour_rolled' AS column_name,
  metric,
  time,
  value,
  mean - t_critical * scale AS lower_bound,
  mean + t_critical * scale AS upper_bound,
  -- Rounding may pass 1 by a hair.
  LEAST(probability, 1) AS anomaly_prob,
  probability > $threshold AS is_anomaly,
  n AS n_history
FROM probabilities
