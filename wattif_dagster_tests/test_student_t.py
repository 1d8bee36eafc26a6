import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.student_t import critical_value, two_sided_probability


def integrated(t: float, df: int, steps: int = 4000) -> float:
    """P(|T| <= t) by Simpson's rule over the density."""
    log_norm = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)

    def density(x: float) -> float:
        return math.exp(log_norm - (df + 1) / 2 * math.log1p(x * x / df))

    h = t / steps
    weights = ((1 if k in (0, steps) else 4 if k % 2 else 2) for k in range(steps + 1))
    return 2 * h / 3 * sum(w * density(k * h) for k, w in enumerate(weights))


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 7, 19, 27, 100, 365])
@pytest.mark.parametrize("t", [0.01, 0.7, 2.0, 5.0, 12.0])
def test_probability_is_the_integral_of_the_density(t: float, df: int) -> None:
    assert two_sided_probability(t, df) == pytest.approx(integrated(t, df), abs=1e-9)


# Two-sided 1% points as printed in every table of the distribution.
@pytest.mark.parametrize(
    ("df", "t"), [(1, 63.657), (2, 9.925), (4, 4.604), (7, 3.499), (19, 2.861), (27, 2.771)]
)
def test_critical_values_are_those_of_the_tables(df: int, t: float) -> None:
    assert critical_value(0.99, df) == pytest.approx(t, abs=5e-4)


@given(st.floats(0.5, 0.999999), st.integers(1, 365))
def test_critical_value_inverts_the_probability(probability: float, df: int) -> None:
    t = critical_value(probability, df)
    assert two_sided_probability(t, df) == pytest.approx(probability, abs=1e-13)
