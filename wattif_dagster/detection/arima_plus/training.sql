-- The day's model: one time series a meter. The forecast of each begins after its last complete
-- hour, so that the horizon reaches the end of the day for a meter silent for up to a week.
CREATE OR REPLACE MODEL $model
OPTIONS (
  MODEL_TYPE = 'ARIMA_PLUS',
  TIME_SERIES_TIMESTAMP_COL = 'time_hour_rolled',
  TIME_SERIES_DATA_COL = 'avg_kw',
  TIME_SERIES_ID_COL = 'serial',
  DATA_FREQUENCY = 'HOURLY',
  HORIZON = 192
)
AS
WITH
$history

SELECT serial, time_hour_rolled, avg_kw
FROM past
