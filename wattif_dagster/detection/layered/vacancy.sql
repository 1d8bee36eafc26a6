-- Whether nobody was home: a day far below the usual mean and barely above the usual base, with the
-- base there nevertheless. A scaled or by-passed meter loses its base too.
(
  mean_kw < 0.65 * usual_mean_kw
  AND mean_kw < 1.4 * usual_base_kw
  AND base_kw > 0.65 * usual_base_kw
)
