"""The probability from which a value counts as an anomaly."""

THRESHOLD = 0.99
