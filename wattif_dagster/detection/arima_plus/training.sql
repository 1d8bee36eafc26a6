-- The day's model, one time series for each meter. A meter's forecast begins after its last
-- complete hour, so the horizon reaches the end of the day even for a meter that was silent for a
-- week.
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
