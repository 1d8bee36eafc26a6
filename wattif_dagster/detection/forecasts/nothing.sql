-- No meter has enough history, so no hour is scored.
scored AS (
  SELECT
    CAST(NULL AS STRING) AS serial,
    CAST(NULL AS TIMESTAMP) AS time,
    CAST(NULL AS FLOAT64) AS avg_kw,
    CAST(NULL AS FLOAT64) AS lower_bound,
    CAST(NULL AS FLOAT64) AS upper_bound,
    CAST(NULL AS FLOAT64) AS anomaly_probability
  FROM UNNEST([1])
  WHERE FALSE
),
