"""Knot placement: ends, order, and equal shares of the variation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nnexpr.networks.knots import adaptive_knots, random_knots, uniform_knots


def test_adaptive_knots_of_a_cube_have_a_closed_form() -> None:
    # F(x) = x³ on [0, 1], so knot i lies at the cube root of its share.
    x = np.linspace(0, 1, 200_001)
    knots = adaptive_knots(11, (x, x**3))
    assert np.allclose(knots, np.cbrt(np.linspace(0, 1, 11)), atol=1e-5)
    assert (knots[0], knots[-1]) == (0.0, 1.0)


def test_adaptive_knots_of_arctan_have_a_closed_form() -> None:
    # F' is proportional to |f'| also on a domain around 0: tan of evenly spaced angles.
    x = np.linspace(-1, 1, 200_001)
    knots = adaptive_knots(101, (x, np.arctan(25 * x)))
    expected = np.tan(np.linspace(-1, 1, 101) * np.arctan(25)) / 25
    assert np.abs(knots - expected).max() < 1e-6


@settings(deadline=None, max_examples=60, database=None)
@given(
    values=st.lists(st.integers(-20, 20), min_size=2, max_size=30),
    n=st.integers(2, 40),
    shuffled=st.randoms(use_true_random=False),
)
def test_adaptive_knots_share_the_variation(values: list[int], n: int, shuffled: object) -> None:
    y = np.array(values, dtype=float)
    x = np.linspace(-1.0, 3.0, y.size)
    knots = adaptive_knots(n, (x, y))
    assert np.all(np.diff(knots) > 0)
    assert (knots[0], knots[-1]) == (-1.0, 3.0)
    order = list(range(y.size))
    shuffled.shuffle(order)  # type: ignore[attr-defined]
    assert np.array_equal(knots, adaptive_knots(n, (x[order], y[order])))
    if np.ptp(y) > 0:
        both = np.union1d(x, knots)  # holds every bend of f, so |f'| is constant between neighbours
        variation = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(np.interp(both, x, y))))])
        shares = np.diff(variation[np.searchsorted(both, knots)])
        assert np.allclose(shares, variation[-1] / (n - 1), rtol=0, atol=1e-12 * variation[-1] * n)


def test_a_constant_gets_uniform_knots() -> None:
    assert np.array_equal(adaptive_knots(5, ([0.0, 0.5, 1.0], [2.0, 2.0, 2.0])), uniform_knots(5))


def test_random_knots_are_uniform_between_the_ends() -> None:
    knots = random_knots(5000, (-1.0, 2.0), np.random.default_rng(1))
    assert np.all(np.diff(knots) > 0)
    assert (knots[0], knots[-1]) == (-1.0, 2.0)
    assert stats.kstest(knots[1:-1], stats.uniform(-1, 3).cdf).pvalue > 1e-3


def test_impossible_knots_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        uniform_knots(1)
    with pytest.raises(ValueError, match="two different inputs"):
        adaptive_knots(3, ([1.0, 1.0], [0.0, 2.0]))
    with pytest.raises(ValueError, match="finite"):
        adaptive_knots(3, ([0.0, 1.0], [0.0, np.nan]))
    with pytest.raises(ValueError, match="2 sample inputs and 3 values"):
        adaptive_knots(3, ([0.0, 1.0], [0.0, 1.0, 2.0]))
