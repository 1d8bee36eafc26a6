-- Output columns keep the names of the model's columns. Meters that the model does not know and
-- hours beyond its horizon come back with NULLs.
scored AS (
  SELECT
    serial,
    time_hour_rolled AS time,
    avg_kw,
    lower_bound,
    upper_bound,
    anomaly_probability
  FROM ML.DETECT_ANOMALIES(
    MODEL $model,
    STRUCT($threshold AS anomaly_prob_threshold),
    (
      SELECT serial, time_hour_rolled, avg_kw
      FROM $hourly_consumption
      WHERE time_hour_rolled >= TIMESTAMP '$day' AND time_hour_rolled < TIMESTAMP '$day_end'
    )
  )
),
