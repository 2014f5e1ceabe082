"""The banded matrices against quadrature and dense products."""

import numpy as np
import pytest
from scipy.linalg import cholesky_banded

from nnexpr.splines.p1 import (
    Hats,
    add_bands,
    assembled,
    checked_samples,
    locate,
    mass,
    multiply_bands,
    settled,
    stiffness,
)

KNOTS = np.array([-1.0, -0.4, 0.1, 0.7, 2.0])
HATS = [lambda x, unit=unit: np.interp(x, KNOTS, unit) for unit in np.eye(5)]


def dense(bands):
    return np.array([multiply_bands(bands, unit) for unit in np.eye(5)])


def test_mass_and_stiffness_are_their_integrals():
    x = np.unique(np.concatenate([KNOTS, np.linspace(-1, 2, 5)]))
    middles, h = (x[1:] + x[:-1]) / 2, np.diff(x)
    for i, one in enumerate(HATS):
        for j, other in enumerate(HATS):
            ends = one(x) * other(x)
            simpson = h @ (ends[1:] + ends[:-1] + 4 * one(middles) * other(middles)) / 6
            assert dense(mass(KNOTS))[i, j] == pytest.approx(simpson, abs=1e-15)
            energy = (np.diff(one(x)) * np.diff(other(x)) / h).sum()
            assert dense(stiffness(KNOTS))[i, j] == pytest.approx(energy, abs=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_over_samples_are_those_of_the_dense_matrix_in_their_own_precision(dtype):
    rng = np.random.default_rng(0)
    x, weights, residual = rng.uniform(-1, 2, 200), rng.uniform(0.5, 2, 200), rng.normal(size=200)
    matrix = np.stack([hat(x) for hat in HATS], axis=1)
    x, weights, residual, knots = (part.astype(dtype) for part in (x, weights, residual, KNOTS))
    hats = Hats.at(knots, x, weights)
    product, load = assembled(*hats.blocks()), hats.load(residual)
    assert product.dtype == load.dtype == dtype
    tolerance = 200 * np.finfo(dtype).eps
    np.testing.assert_allclose(dense(product), matrix.T @ (weights[:, None] * matrix), atol=tolerance)
    np.testing.assert_allclose(load, matrix.T @ (weights * residual), atol=tolerance)


def test_bands_of_different_widths_add_in_either_order():
    wide, narrow = np.arange(15.0).reshape(3, 5), np.array([[9.0, 8, 7, 6, 5]])
    for total in (add_bands(wide, narrow), add_bands(narrow, wide)):
        np.testing.assert_array_equal(dense(total), dense(wide) + dense(narrow))
    np.testing.assert_array_equal(wide, np.arange(15.0).reshape(3, 5))


def test_places_beyond_the_knots_are_told_from_the_nearest_element():
    element, t = locate(KNOTS, np.array([-2.0, -1.0, -0.4, 0.4, 2.0, 3.3]))
    assert element.tolist() == [0, 0, 1, 2, 3, 3]
    np.testing.assert_allclose(t, [-1 / 0.6, 0, 0, 0.5, 1, 2.0])


@pytest.mark.parametrize("error", [1.0, 1.2, 0.8])
def test_a_factor_that_is_slightly_wrong_settles_at_the_same_values(error):
    matrix, values = mass(KNOTS), np.array([1.0, -2.0, 3.0, 0.5, 4.0])
    right = multiply_bands(matrix, values)
    factor = cholesky_banded(error * matrix, lower=True)
    found = settled(factor, lambda at: right - multiply_bands(matrix, at), rounds=40)
    np.testing.assert_allclose(found, values, rtol=1e-13)


def test_steps_that_do_not_shrink_are_not_taken():
    """A factor four times too small would overshoot for ever: the first step is all that is taken."""
    matrix, values = mass(KNOTS), np.ones(5)
    right = multiply_bands(matrix, values)
    found = settled(cholesky_banded(matrix / 4, lower=True), lambda at: right - multiply_bands(matrix, at))
    np.testing.assert_allclose(found, 4 * values)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0.0, np.inf], [0.0, 1.0], "finite"),
        ([0.0, 1.0], [0.0, np.nan], "finite"),
        ([], [], "at least one"),
        ([[0.0]], [[1.0]], "must be"),
        ([0.0, 1.0], [1.0], "must be"),
    ],
)
def test_samples_that_cannot_be_used(x, y, message):
    with pytest.raises(ValueError, match=message):
        checked_samples(x, y)


@pytest.mark.parametrize("power", [-300, -60, 60, 300])
def test_values_settle_as_far_in_any_unit(power):
    matrix, values = mass(KNOTS), np.array([1.0, -2.0, 3.0, 0.5, 4.0])
    factor = cholesky_banded(1.2 * matrix, lower=True)

    def found(unit):
        right = multiply_bands(matrix, unit * values)
        return settled(factor, lambda at: right - multiply_bands(matrix, at), rounds=40)

    np.testing.assert_array_equal(found(2.0**power), 2.0**power * found(1.0))
