"""Every basis on fixed knots: its functions, its evaluation and its network are one function."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline

from nnexpr.linear.basis import BASES
from nnexpr.linear.solvers import least_squares

KNOTS = np.array([-1.5, -0.875, -0.5, 0.25, 0.375, 1.5, 2.0])
X = np.linspace(-1.5, 2.0, 177)
FORMULAS = {
    "relu": lambda x, b, s: np.maximum(x - b, 0),
    "tanh": lambda x, b, s: np.tanh(3.0 / 1.75 * (x - b)),
    "gaussian": lambda x, b, s: np.exp(-((3.0 / 1.75 * (x - b)) ** 2)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_units_follow_their_knots(name):
    basis = BASES[name].on(KNOTS, scale=3.0)
    used = KNOTS[:-1] if name == "relu" else KNOTS
    expected = np.stack([FORMULAS[name](X, knot, 3.0) for knot in used], axis=1)
    np.testing.assert_allclose(basis.units(X), expected, atol=1e-15)
    np.testing.assert_array_equal(basis.polynomials(X), np.ones((len(X), 1)))


def test_waves_are_those_of_the_domain():
    share = (X + 1.5) / 3.5
    k = np.arange(1, 7)
    np.testing.assert_allclose(
        BASES["sine"].on(KNOTS).units(X), np.sin(np.pi * k * share[:, None]), atol=1e-14
    )
    np.testing.assert_allclose(
        BASES["cosine"].on(KNOTS).units(X), np.cos(np.pi * k * share[:, None]), atol=1e-14
    )
    pairs = [part(2 * np.pi * j * share) for j in (1, 2, 3) for part in (np.cos, np.sin)]
    np.testing.assert_allclose(BASES["fourier"].on(KNOTS).units(X), np.stack(pairs, axis=1), atol=1e-13)


@pytest.mark.parametrize("name", BASES)
def test_a_function_is_its_matrix_its_evaluation_and_its_network(name):
    basis = BASES[name].on(KNOTS, scale=2.0)
    coefficients = np.random.default_rng(0).normal(size=basis.design(X).shape[1])
    expected = basis.design(X) @ coefficients
    np.testing.assert_allclose(basis.evaluate(coefficients, X), expected, atol=1e-13)
    if name == "gaussian":
        with pytest.raises(ValueError, match="gaussian functions are not a network's"):
            basis.to_network(coefficients)
    else:
        network = basis.to_network(coefficients)
        np.testing.assert_allclose(network(torch.from_numpy(X))[0, :, 0].numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("power", [2, 3, 5])
def test_powers_of_relus_span_the_splines_of_their_degree(power):
    """Dimension n − 1 + p, and every B-spline of that degree on the knots is one of them."""
    basis = BASES["relu"].on(KNOTS, power=power)
    matrix = basis.design(X)
    assert np.linalg.matrix_rank(matrix, tol=1e-9) == matrix.shape[1] == len(KNOTS) - 1 + power
    padded = np.concatenate([[KNOTS[0]] * power, KNOTS, [KNOTS[-1]] * power])
    splines = BSpline.design_matrix(X, padded, power).toarray()
    left = splines - matrix @ np.linalg.lstsq(matrix, splines, rcond=1e-14)[0]
    assert np.abs(left).max() < 1e-9


@pytest.mark.parametrize("power", [1, 2, 3])
def test_evaluation_keeps_the_digits_that_the_sum_of_units_cancels(power):
    """A spline that oscillates knot by knot, in exact rationals: the sum of a thousand units loses more of it."""
    n = 400
    knots = np.arange(n + 1) / 512  # exact in binary
    signs = np.where(np.arange(n) % 2, -1.0, 1.0) * 3.0
    coefficients = np.concatenate([np.zeros(power), signs])
    basis = BASES["relu"].on(knots, power=power)
    x = np.array([knots[-1] - 1 / 2048, 0.5 + 1 / 1024])
    exact = [
        sum(
            Fraction(c) * max(Fraction(at) - Fraction(b), 0) ** power
            for c, b in zip(signs, knots[:-1], strict=True)
        )
        for at in x
    ]
    ours = basis.evaluate(coefficients, x)
    np.testing.assert_allclose(ours, [float(value) for value in exact], rtol=1e-13)


def test_left_of_the_domain_a_spline_of_powers_is_its_polynomial():
    basis = BASES["relu"].on(KNOTS, power=3)
    coefficients = np.arange(1.0, len(KNOTS) + 3)
    x = np.array([-4.0, -1.75])
    expected = 1 + 2 * (x + 1.5) + 3 * (x + 1.5) ** 2
    np.testing.assert_allclose(basis.evaluate(coefficients, x), expected, rtol=1e-14)


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("power", [1, 2])
def test_beyond_the_knots_too_a_function_is_its_matrix(name, power):
    """Splines go on as their ReLUs do: on the left as the polynomial there, on the right as their last piece."""
    basis = BASES[name].on(KNOTS, power=power)
    x = np.array([-9.0, -1.75, 2.25, 7.0])
    coefficients = np.random.default_rng(0).normal(size=basis.design(x).shape[1])
    np.testing.assert_allclose(basis.evaluate(coefficients, x), basis.design(x) @ coefficients, rtol=1e-12)


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_least_squares_in_any_basis_is_scipys_in_its_precision(name, dtype):
    x, knots = np.linspace(-1, 1, 400), np.linspace(-1, 1, 8)
    y = np.exp(x) + 0.3 * np.sin(7 * x)
    fit = least_squares(x, y, knots, basis=name, solver="qr", dtype=dtype, scale=2.0)
    assert fit.coefficients.dtype == fit.functions.design(knots.astype(dtype)).dtype == np.dtype(dtype)
    matrix = BASES[name].on(knots, scale=2.0).design(x)
    best = matrix @ np.linalg.lstsq(matrix, y)[0]
    tolerance = 1e-10 if dtype == "float64" else 3e-3
    np.testing.assert_allclose(fit.values, best, atol=tolerance)
    np.testing.assert_allclose(fit.predict(x), best, atol=tolerance)
    assert fit.mse == pytest.approx(np.mean((best - y) ** 2), rel=1e-6 if dtype == "float64" else 0.05)


def test_the_steepness_means_the_same_in_any_units():
    years = 1800 + 50 * KNOTS
    for name in ("tanh", "gaussian"):
        here, there = BASES[name].on(KNOTS, scale=4.0), BASES[name].on(years, scale=4.0)
        np.testing.assert_allclose(there.units(1800 + 50 * X), here.units(X), atol=1e-12)
        np.testing.assert_allclose(there.gram()[0], 50 * here.gram()[0], rtol=1e-10, atol=1e-9)
