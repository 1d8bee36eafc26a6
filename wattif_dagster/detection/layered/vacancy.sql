-- Whether nobody was home. Either the floor is as usual and little is used above it; or, where the
-- heating is turned down, the day is low and flat. A scaled or by-passed meter loses floor and use
-- alike.
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
