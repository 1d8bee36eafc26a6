-- One day's anomaly_scores against its injected_anomalies: a row for each kind, and one for all.
WITH scores AS (
  SELECT
    serial,
    EXTRACT(HOUR FROM time_hour_rolled) AS hour,
    anomaly_probability IS NOT NULL AS is_scored,
    COALESCE(anomaly_probability >= $threshold, FALSE) AS flagged
  FROM $anomaly_scores
  WHERE time_hour_rolled >= TIMESTAMP '$day' AND time_hour_rolled < TIMESTAMP '$day_end'
),

-- Where a day has no scores, its only probabilities are the 1 of broken rules.
scored_day AS (
  SELECT COALESCE(LOGICAL_OR(anomaly_probability < 1), FALSE) AS is_scored
  FROM $anomaly_scores
  WHERE time_hour_rolled >= TIMESTAMP '$day' AND time_hour_rolled < TIMESTAMP '$day_end'
),

episodes AS (
  SELECT serial, kind, starts_at, GREATEST(kwh_withheld, 0) AS kwh_withheld, touched_hours
  FROM $injected_anomalies
  WHERE label_date = DATE '$day' AND NOT STARTS_WITH(kind, 'B')  -- benign changes
),

touched AS (
  SELECT
    e.serial,
    e.kind,
    CAST(hour AS INT64) AS hour,
    e.kwh_withheld / ARRAY_LENGTH(JSON_VALUE_ARRAY(e.touched_hours)) AS kwh
  FROM episodes AS e
  CROSS JOIN UNNEST(JSON_VALUE_ARRAY(e.touched_hours)) AS hour
),

scored AS (
  SELECT t.kind, t.serial, t.kwh, COALESCE(s.flagged, FALSE) AS flagged
  FROM touched AS t
  LEFT JOIN scores AS s ON s.serial = t.serial AND s.hour = t.hour
),

by_kind AS (
  SELECT
    kind,
    COUNT(DISTINCT serial) AS meters,
    COUNT(*) AS touched_hours,
    COUNTIF(flagged) AS flagged_hours,
    SUM(kwh) AS kwh_withheld,
    SUM(IF(flagged, kwh, 0)) AS kwh_recovered
  FROM scored
  GROUP BY kind
),

-- The scored hours of meters without an injected anomaly on the day. An episode that has ended has no
-- row, so the hours after it count as clean here. NULL for a day without scores.
clean AS (
  SELECT
    IF(d.is_scored, c.clean_hours, NULL) AS clean_hours,
    IF(d.is_scored, c.false_hours, NULL) AS false_hours
  FROM (
    SELECT COUNTIF(is_scored) AS clean_hours, COUNTIF(flagged) AS false_hours
    FROM scores
    WHERE serial NOT IN (SELECT serial FROM episodes)
  ) AS c
  CROSS JOIN scored_day AS d
),

everything AS (
  SELECT
    (SELECT COUNT(DISTINCT serial) FROM scored) AS meters,
    COUNT(*) AS touched_hours,
    COUNTIF(flagged) AS flagged_hours,
    COALESCE(SUM(kwh), 0) AS kwh_withheld,
    COALESCE(SUM(IF(flagged, kwh, 0)), 0) AS kwh_recovered
  FROM scored
)

SELECT
  DATE '$day' AS evaluation_date,
  kind,
  meters,
  touched_hours,
  flagged_hours,
  SAFE_DIVIDE(flagged_hours, touched_hours) AS recall,
  kwh_withheld,
  kwh_recovered,
  CAST(NULL AS INT64) AS clean_hours,
  CAST(NULL AS INT64) AS false_hours,
  CAST(NULL AS FLOAT64) AS precision,
  CAST(NULL AS FLOAT64) AS false_positive_rate
FROM by_kind
UNION ALL
SELECT
  DATE '$day' AS evaluation_date,
  'all' AS kind,
  e.meters,
  e.touched_hours,
  e.flagged_hours,
  SAFE_DIVIDE(e.flagged_hours, e.touched_hours) AS recall,
  e.kwh_withheld,
  e.kwh_recovered,
  c.clean_hours,
  c.false_hours,
  SAFE_DIVIDE(e.flagged_hours, e.flagged_hours + c.false_hours) AS precision,
  SAFE_DIVIDE(c.false_hours, c.clean_hours) AS false_positive_rate
FROM everything AS e
CROSS JOIN clean AS c
