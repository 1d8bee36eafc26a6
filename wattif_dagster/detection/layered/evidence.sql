-- CTE evidence: the scores of each meter's hours and days since a day, one row for each tail.
day_scores AS (
  SELECT *
  FROM (
    SELECT
      d.serial,
      d.day,
      quantity,
      CASE quantity
        WHEN '{feature}' THEN d.{feature}
      END AS z
    FROM $consumption_deviations AS d
    CROSS JOIN UNNEST(['level', 'floor', 'peak', 'crest', 'shape']) AS quantity
    WHERE d.day >= DATE '$sums_start'
      AND d.day <= DATE '$day'
  )
  WHERE z IS NOT NULL
),

-- Small deviations that last: sums over 1, 3 and 7 days, with unit variance for independent days.
day_sums AS (
  SELECT
    serial,
    day,
    quantity,
    z AS sum1,
    SUM(z) OVER last_3 / SQRT(3) AS sum3,
    SUM(z) OVER last_7 / SQRT(7) AS sum7
  FROM day_scores
  WINDOW
    last_3 AS (
      PARTITION BY serial, quantity
      ORDER BY UNIX_DATE(day) RANGE BETWEEN 2 PRECEDING AND CURRENT ROW
    ),
    last_7 AS (
      PARTITION BY serial, quantity
      ORDER BY UNIX_DATE(day) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
    )
),

day_evidence AS (
  SELECT
    serial,
    day,
    CAST(NULL AS INT64) AS hour,
    'day' AS layer,
    CONCAT('day:', quantity, span, sign) AS tail,
    IF(sign = '+', 1, -1) * CASE span WHEN '1' THEN sum1 WHEN '3' THEN sum3 ELSE sum7 END AS score
  FROM day_sums
  CROSS JOIN UNNEST(['1', '3', '7']) AS span
  CROSS JOIN UNNEST(['+', '-']) AS sign
  WHERE day >= DATE '$evidence_start'
    -- A day less like the profile or with lower crests is suspect, the opposite is not.
    AND NOT (sign = '+' AND quantity IN ('crest', 'shape'))
    AND NOT (sign = '+' AND quantity = 'peak' AND span != '1')
),

evidence AS (
  SELECT
    serial,
    day,
    hour,
    'hour' AS layer,
    CONCAT('hour:', quantity, sign) AS tail,
    IF(sign = '+', 1, IF(COALESCE(is_vacant, FALSE), 0, -1)) * z AS score
  FROM (
    SELECT
      d.serial,
      d.day,
      d.is_vacant,
      hour,
      quantity,
      CASE hour
        WHEN {hour} THEN IF(quantity = 'avg', d.avg_z_{hour}, d.max_z_{hour})
      END AS z
    FROM $consumption_deviations AS d
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 23)) AS hour
    CROSS JOIN UNNEST(['avg', 'max']) AS quantity
    WHERE d.day >= DATE '$evidence_start'
      AND d.day <= DATE '$day'
  )
  CROSS JOIN UNNEST(['+', '-']) AS sign
  WHERE z IS NOT NULL
  UNION ALL
  SELECT serial, day, hour, layer, tail, score FROM day_evidence
)
