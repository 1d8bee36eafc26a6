-- Whether nobody was home. Either the floor is as usual with little use above it, or the day is low
-- and flat because the heating is turned down. A scaled or bypassed meter has a lower floor and a
-- lower use.
(
  floor_kw < 1.3 * usual_floor_kw
  AND (
    (
      floor_kw > 0.45 * usual_floor_kw
      AND mean_kw - floor_kw < 0.35 * (usual_mean_kw - usual_floor_kw)
    )
    OR (
      floor_kw > 0.3 * usual_floor_kw
      AND mean_kw < 1.7 * floor_kw
      AND mean_kw < 0.65 * usual_mean_kw
    )
  )
)
