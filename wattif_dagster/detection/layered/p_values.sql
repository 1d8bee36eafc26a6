-- CTE p_values: how rare each hour and day of the day to score is.
p_values AS (
  SELECT
    s.serial,
    s.layer,
    TIMESTAMP_ADD(TIMESTAMP '$day', INTERVAL s.hour HOUR) AS time,
    s.tail,
    s.score,
    IF(l.n >= $least_calibration, (1 + l.n_above) / (1 + l.n), NULL) AS p
  FROM strongest AS s
  INNER JOIN $score_layers AS l ON l.layer = s.layer AND l.bucket = s.bucket
  WHERE l.day = DATE '$day'
)
