"""Least squares against rational arithmetic: fitted values, the gradient's norm, and what rounding must not decide."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.linear import hat
from nnexpr.linear.piecewise import hats
from nnexpr.linear.solvers import least_squares


def rows(knots, x):
    """Each sample's element and the exact place in it."""
    found = []
    for at in map(float, x):
        e = min(int(np.searchsorted(knots, at, side="right")), len(knots) - 1) - 1
        low, high = Fraction(float(knots[e])), Fraction(float(knots[e + 1]))
        found.append((e, (Fraction(at) - low) / (high - low)))
    return found


def exact_values(knots, x, y):
    """The minimiser's values at the knots by the tridiagonal normal equations in fractions; None where singular."""
    n = len(knots)
    diagonal, beside, right = [Fraction(0)] * n, [Fraction(0)] * (n - 1), [Fraction(0)] * n
    for (e, t), value in zip(rows(knots, x), map(Fraction, map(float, y)), strict=True):
        diagonal[e] += (1 - t) ** 2
        diagonal[e + 1] += t**2
        beside[e] += t * (1 - t)
        right[e] += (1 - t) * value
        right[e + 1] += t * value
    for i in range(n):
        if i:
            factor = beside[i - 1] / diagonal[i - 1]
            diagonal[i] -= factor * beside[i - 1]
            right[i] -= factor * right[i - 1]
        if diagonal[i] == 0:
            return None
    values = right
    for i in reversed(range(n)):
        above = beside[i] * values[i + 1] if i < n - 1 else 0
        values[i] = (right[i] - above) / diagonal[i]
    return values


def close_samples(rng):
    """Some within 10⁻⁶ of an element from a knot or from each other."""
    n = int(rng.integers(2, 14))
    knots = np.linspace(0, 1, n) if rng.random() < 0.5 else np.cumsum(10 ** rng.uniform(-3, 0, n))
    m = int(rng.integers(n, 3 * n + 2))
    x, place = rng.uniform(knots[0], knots[-1], m), rng.integers(0, n - 1, m)
    off = 10 ** rng.uniform(-6, -1, m) * np.diff(knots)[place]
    beside = np.where(rng.random(m) < 0.5, knots[place] + off, knots[place + 1] - off)
    x = np.where(rng.random(m) < rng.choice([0, 0.3, 0.6]), beside, x)
    if rng.random() < 0.4:
        x[: m // 2] = x[-(m // 2) :] * (1 + 10 ** rng.uniform(-7, -3, m // 2))
    return knots, np.clip(x, knots[0], knots[-1]), rng.normal(size=m) * 10 ** rng.uniform(-3, 3, m)


def chain(rng):
    """One sample in each element and a second one in one of them: values are passed on, and grow on the way."""
    n = int(rng.integers(3, 30))
    knots = np.arange(n + 0.0) if rng.random() < 0.5 else np.cumsum(10 ** rng.uniform(-2, 0, n))
    low = rng.choice([1e-5, 1e-3, 0.02, 0.2])
    t = rng.uniform(low, 0.5, n - 1) if rng.random() < 0.5 else low * rng.uniform(1, 2.5, n - 1)
    t = np.where(rng.random(n - 1) < rng.choice([0, 0.5]), 1 - t, t)
    e, step = int(rng.integers(0, n - 1)), rng.choice([-1, 1]) * 10 ** rng.uniform(-5.9, -0.5)
    x = knots[:-1] + t * np.diff(knots)
    x = np.append(x, knots[e] + np.clip(t[e] + step, 0, 1) * (knots[e + 1] - knots[e]))
    return knots, x, rng.normal(size=n)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("drawn", [close_samples, chain])
@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=120, database=None)
def test_fitted_values_are_exact_but_for_what_the_size_of_the_values_rounds_away(drawn, dtype, seed):
    knots, x, y = (part.astype(dtype) for part in drawn(np.random.default_rng(seed)))
    if (np.diff(knots) <= 0).any():
        return
    x, eps = np.clip(x, knots[0], knots[-1]), float(np.finfo(dtype).eps)
    fit = least_squares(x, y, knots, dtype=np.dtype(dtype).name)
    size = float(np.abs(y).max())
    assert fit.gradient <= 1e5 * eps * (
        size + float(np.abs(fit.coefficients).max())
    )  # whatever is in the way
    exact = exact_values(knots, x, y)
    if exact is None or fit.rank < len(knots):
        return
    largest = float(max(map(abs, exact)))
    if largest < 1e-3 / eps * size:  # as large as 1/ε times y, and no digit is left
        fitted = [float((1 - t) * exact[e] + t * exact[e + 1]) for e, t in rows(knots, x)]
        np.testing.assert_allclose(fit.values, fitted, rtol=0, atol=1e6 * eps * max(size, largest))


def test_a_factor_made_of_rounding_is_found_out():
    """Up to thirty single samples pass on what two in one element say: pivots far from these are rounding."""
    for seed in range(60):
        knots, x, y = chain(np.random.default_rng(seed))
        fit = least_squares(x, y, knots)
        assert np.abs(fit.values).max() < 1.01 * np.abs(y).max()
        assert fit.gradient < 1e-5


@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_the_gradient_is_the_largest_component_where_the_steps_are_stopped_on_purpose(monkeypatch, ridge):
    """At the start all values are 0, so it is that of Φᵀy."""
    monkeypatch.setattr(hat, "ROUNDS", 0)
    knots, x, y = np.arange(4.0), np.array([0.3, 0.7, 2.5, 2.6]), np.array([1.0, 3.0, -2.0, 10.0])
    fit = least_squares(x, y, knots, ridge=ridge)
    np.testing.assert_array_equal(fit.coefficients, 0)
    assert fit.gradient == pytest.approx(np.abs(hats(knots, x).T @ y).max())


@pytest.mark.parametrize("unit", [1e-12, 1e12])
@pytest.mark.parametrize("drawn", [close_samples, chain])
def test_values_in_other_units_are_fitted_to_as_many_digits(drawn, unit):
    for seed in range(20):
        knots, x, y = drawn(np.random.default_rng(seed))
        plain, scaled = least_squares(x, y, knots), least_squares(x, unit * y, knots)
        size = np.abs(y).max() + 1e-3 * np.abs(plain.coefficients).max()
        np.testing.assert_allclose(scaled.values / unit, plain.values, rtol=0, atol=1e-11 * size)


def test_where_samples_determine_all_the_factor_serves_and_where_rounding_made_it_it_does_not(monkeypatch):
    knots, careful = np.linspace(0, 1, 30), []
    true = hat._careful_step
    monkeypatch.setattr(hat, "_careful_step", lambda *given: careful.append(1) or true(*given))
    rng = np.random.default_rng(0)
    for spread in (1.0, 0.1, 0.01):  # of two samples, in parts of an element
        x = np.concatenate([knots[:-1] + 0.5 / 29, knots[:-1] + (0.5 + 0.4 * spread) / 29])
        fit = least_squares(x, rng.normal(size=58), knots)
        assert (fit.rank, careful) == (30, [])
    for seed in range(20):
        knots, x, y = chain(np.random.default_rng(seed))
        least_squares(x, y, knots)
    assert careful
