"""The banded matrices against quadrature and dense products."""

import numpy as np
import pytest

from nnexpr.splines.p1 import Hats, assembled, mass, multiply_bands, stiffness

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
