-- What meters did on some days, and what was expected of them: a row for each meter and day. The
-- expectations are logarithms; see consumption_deviations.sql.
SELECT
  m.day,
  m.serial,
  m.avg_kw_{hour},
  d.expected_{hour},
  d.usual_kw
FROM $meter_days AS m
LEFT JOIN (
  SELECT * FROM $consumption_deviations
  WHERE day >= DATE '$first'
    AND day <= DATE '$last'
) AS d ON d.serial = m.serial AND d.day = m.day
WHERE m.day >= DATE '$first'
  AND m.day <= DATE '$last'
  AND m.serial IN UNNEST(@serials)
