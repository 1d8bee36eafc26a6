-- scaled_deviations: each meter's deviations of the day in units of its own restlessness, so that
-- restless and calm meters can be compared. level7 and floor7 are sums over a week, for small
-- deviations that last. A meter's scale is the root mean square of its own deviations in the
-- $scale_days days that end a week before the day, drawn towards the fleet's.
WITH
sums AS (
  SELECT
    serial,
    day,
    level,
    floor,
    peak,
    shape,
    -- With unit variance for independent days.
    IF(level IS NULL, NULL, SUM(level) OVER week / SQRT(7)) AS level7,
    IF(floor IS NULL, NULL, SUM(floor) OVER week / SQRT(7)) AS floor7,
    hour_squares,
    hours,
    usual_kw,
    history_days,
    is_vacant
  FROM $consumption_deviations
  WHERE day >= DATE '$sums_start'
    AND day <= DATE '$day'
  WINDOW
    week AS (
      PARTITION BY serial
      ORDER BY UNIX_DATE(day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
    )
),

past AS (
  SELECT *, day >= DATE '$scale_start' AND day < DATE '$scale_end' AS is_past
  FROM sums
),

squares AS (
  SELECT
    SUM(IF(is_past AND {sum} IS NOT NULL, 1, 0)) OVER (PARTITION BY serial) AS {sum}_n,
    SUM(IF(is_past, LEAST($largest_square, {sum} * {sum}), NULL)) OVER (PARTITION BY serial) AS {sum}_squares,
    SUM(IF(is_past, hours, 0)) OVER (PARTITION BY serial) AS hour_n,
    SUM(IF(is_past, COALESCE(hour_squares, 0), 0)) OVER (PARTITION BY serial) AS hours_squares,
    *
  FROM past
),

scales AS (
  SELECT
    COALESCE({sum}_squares, 0) AS {sum}_own,
    COALESCE(SAFE_DIVIDE(SUM({sum}_squares) OVER (), SUM({sum}_n) OVER ()), 1) AS {sum}_fleet,
    IF('{sum}' LIKE '%7', 7, 1) * $scale_weight AS {sum}_weight,
    COALESCE(SAFE_DIVIDE(SUM(hours_squares) OVER (), SUM(hour_n) OVER ()), 1) AS hour_fleet,
    *
  FROM squares
  WHERE day = DATE '$day'
)

SELECT
  day,
  serial,
  {sum} / SQRT(({sum}_own + {sum}_weight * {sum}_fleet) / ({sum}_n + {sum}_weight)) AS {sum},
  SQRT(
    (hours_squares + $hour_scale_weight * hour_fleet) / (hour_n + $hour_scale_weight)
  ) AS hour_scale,
  usual_kw,
  history_days,
  is_vacant
FROM scales
