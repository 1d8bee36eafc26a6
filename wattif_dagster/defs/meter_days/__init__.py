"""Each meter's day in a few numbers, which the detector reads instead of six weeks of hours."""
