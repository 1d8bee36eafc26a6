-- score_layers: how rare the rarest tail of a layer is, whose distribution is unknown, so it is
-- calibrated again.
SELECT
  DATE '$day' AS day,
  layer,
  bucket,
  SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY layer ORDER BY bucket DESC) AS n_above,
  SUM(SUM(IF(calibrates, 1, 0))) OVER (PARTITION BY layer) AS n
FROM strongest
GROUP BY layer, bucket
