"""Student's t distribution for whole degrees of freedom, in closed form.

Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even
degrees of freedom). With theta = atan(t / sqrt(df)) the formulas are finite sums over powers of
cos(theta): exact, no approximation.
"""

from math import atan, cos, pi, sin, sqrt, tan


def two_sided_probability(t: float, df: int) -> float:
    """Compute P(|T| <= t) for t >= 0 and df >= 1."""
    return _probability_at(atan(t / sqrt(df)), df)


def critical_value(probability: float, df: int) -> float:
    """Find the t with P(|T| <= t) = probability, for 0 < probability < 1 and df >= 1."""
    low, high = 0.0, pi / 2
    while low < (middle := (low + high) / 2) < high:
        if _probability_at(middle, df) < probability:
            low = middle
        else:
            high = middle
    return sqrt(df) * tan(high)


def _probability_at(theta: float, df: int) -> float:
    total, term = 0.0, 1.0
    for i in range(df % 2, df - 1, 2):
        if i >= 2:
            term *= (i - 1) / i
        total += term * cos(theta) ** i
    return sin(theta) * total if df % 2 == 0 else 2 / pi * (theta + sin(theta) * total)
