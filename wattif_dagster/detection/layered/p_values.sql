-- CTE p_values: how rare each hour and day of the day to score is. It is as rare as its rarest tail,
-- times the number of tails that had the chance (Bonferroni).
p_values AS (
  SELECT
    serial,
    layer,
    TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL hour HOUR) AS time,
    MIN_BY(tail, p) AS tail,
    MIN_BY(score, p) AS score,
    IF(layer = 'day', $day_tail_count, $hour_tail_count) * MIN(p) AS p
  FROM (
    SELECT
      e.serial,
      e.layer,
      e.hour,
      e.tail,
      e.score,
      IF(
        e.score > t.threshold,
        t.threshold_share * POW(e.score / t.threshold, -1 / t.tail_index),
        (1 + t.n_above) / (1 + t.n)
      ) AS p
    FROM evidence AS e
    INNER JOIN $score_tails AS t
      ON t.tail = e.tail AND t.bucket = CAST(FLOOR(e.score * $buckets_per_unit) AS INT64)
    WHERE t.day = DATE '$day'
      AND t.n >= $least_calibration
  )
  GROUP BY serial, layer, hour
)
