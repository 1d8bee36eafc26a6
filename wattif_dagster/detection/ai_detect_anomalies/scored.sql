-- The function learns from the hours up to target_start_timestamp and scores those after it. 43 days
-- are 1,032 hours, within the context of either model. The reference calls the column of the time a
-- STRING and shows a TIMESTAMP: the cast serves both.
scored AS (
  SELECT
    serial,
    CAST(time_series_timestamp AS TIMESTAMP) AS time,
    time_series_data AS avg_kw,
    lower_bound,
    upper_bound,
    anomaly_probability
  FROM AI.DETECT_ANOMALIES(
    (
      SELECT c.serial, c.time_hour_rolled, c.avg_kw
      FROM $hourly_consumption AS c
      INNER JOIN history AS h ON h.serial = c.serial
      WHERE c.time_hour_rolled >= TIMESTAMP '$history_start'
        AND c.time_hour_rolled < TIMESTAMP '$day_end'
        AND (c.time_hour_rolled >= TIMESTAMP '$day' OR c.n_readings = $expected_readings)
    ),
    data_col => 'avg_kw',
    timestamp_col => 'time_hour_rolled',
    target_start_timestamp => TIMESTAMP_SUB(TIMESTAMP '$day', INTERVAL 1 HOUR),
    model => 'TimesFM 2.5',
    id_cols => ['serial'],
    anomaly_prob_threshold => $threshold
  )
),
