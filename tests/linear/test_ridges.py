"""Ridges on a rectangle: lines by measure, Gram matrices against closed forms, what they span and their networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr.linear.bases.ridges import GaussianRidges, ReluRidges, TanhRidges, spread_lines
from nnexpr.linear.basis import BASES
from nnexpr.specification import InputError

WIDE = ((1.0, 5.0), (-2.0, -1.0))
X = np.random.default_rng(0).uniform([1, -2], [5, -1], (700, 2))


def test_lines_meet_the_rectangle_by_their_measure():
    """The share of those that meet a disc in it is the ratio of the perimeters (Crofton)."""
    for generator in (None, np.random.default_rng(1)):
        lines = spread_lines(20_000, WIDE, generator)
        np.testing.assert_allclose(np.hypot(*lines[:, :2].T), 1, rtol=1e-14)
        corners = np.array([[1, -2], [5, -2], [5, -1], [1, -1]])
        heights = corners @ lines[:, :2].T - lines[:, 2]
        assert ((heights.min(axis=0) < 1e-12) & (heights.max(axis=0) > -1e-12)).all()
        for middle, radius in (([2, -1.5], 0.5), ([4.2, -1.3], 0.2)):
            share = (np.abs(lines[:, :2] @ middle - lines[:, 2]) < radius).mean()
            assert share == pytest.approx(2 * np.pi * radius / 10, abs=0.012)
    assert ReluRidges(lines, WIDE).measure == 20


@pytest.mark.parametrize("n", [1, 2, 3, 50, 2000])
def test_each_of_evenly_spread_lines_cuts_the_rectangle_in_two(n):
    """A unit along a line that touches a corner only would be affine on all of it."""
    lines = spread_lines(n, WIDE)
    heights = np.array([[1, -2], [5, -2], [5, -1], [1, -1]]) @ lines[:, :2].T - lines[:, 2]
    assert (heights.min(axis=0) < -1e-6).all()
    assert (heights.max(axis=0) > 1e-6).all()


def test_the_lines_of_least_squares_begin_with_two_sides():
    lines = ReluRidges.spread(9, WIDE, None, ends=True)
    np.testing.assert_array_equal(lines[:2], [[1, 0, 1], [0, 1, -2]])
    np.testing.assert_array_equal(lines[2:], ReluRidges.spread(7, WIDE, None, ends=False))
    assert len(ReluRidges.spread(2, WIDE, None, ends=True)) == 2


@pytest.mark.parametrize("power", [1, 2])
def test_relu_ridges_of_both_sides_make_whole_polynomials(power):
    """σ(h)^p ± σ(−h)^p = h^p: moments of the rectangle, without its pieces."""
    lines = spread_lines(15, WIDE, np.random.default_rng(2))
    gram = ReluRidges(np.concatenate([lines, -lines]), WIDE, power).gram()[0]
    signs = np.array([1, (-1) ** power])
    whole = np.einsum("a,aibj,b->ij", signs, gram.reshape(2, 15, 2, 15), signs)
    nodes, weights = np.polynomial.legendre.leggauss(4)
    x = np.stack(np.meshgrid(3 + 2 * nodes, -1.5 + nodes / 2, indexing="ij"), axis=-1).reshape(-1, 2)
    heights = (x @ lines[:, :2].T - lines[:, 2]) ** power
    expected = heights.T @ (np.outer(weights, weights).reshape(-1, 1) * heights)
    np.testing.assert_allclose(whole, expected, atol=1e-12 * np.abs(expected).max())


def test_another_size_of_the_square_scales_the_spectrum():
    """x → L x/2 + c: a unit by L/2, an area by its square, the measure of lines by L/2; modes by 2/L."""
    small = nnexpr.spectrum(knots=60, dimension=2)
    large = nnexpr.spectrum(knots=60, dimension=2, domain=(3.0, 9.0))
    np.testing.assert_allclose(large.eigenvalues[:40], 3.0**5 * small.eigenvalues[:40], rtol=1e-7)
    points = np.random.default_rng(3).uniform(-1, 1, (50, 2))
    ours, theirs = large.modes(6 + 3 * points, 8), small.modes(points, 8) / 3
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-7)


@pytest.mark.parametrize("name", ["tanh", "gaussian"])
def test_smooth_ridges_along_the_axes_have_the_gram_matrix_of_the_line(name):
    """Of two ridges in one input times the other side; of one in each, the product of two integrals."""
    scale, side = 3.0, 2.0  # the square of the rectangle's area has the side 2
    knots = np.array([1.5, 2.0, 4.0])
    lines = np.concatenate([np.column_stack([np.ones(3), np.zeros(3), knots]), [[0.0, 1.0, -1.3]]])
    ridges = {"tanh": TanhRidges, "gaussian": GaussianRidges}[name](lines, WIDE, scale)
    gram, error = ridges.gram()
    # On an interval of length 4 a scale of 2 · 3 is the steepness 2 · 3/2.
    line = BASES[name].on(knots, (1.0, 5.0), scale=scale * 4 / side).gram()[0]
    np.testing.assert_allclose(gram[:3, :3], line, atol=1e-11)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    shape = {"tanh": np.tanh, "gaussian": lambda h: np.exp(-(h**2))}[name]
    across = 2 * weights @ shape(3 * (3 + 2 * nodes[:, None] - knots))
    up = weights / 2 @ shape(3 * (-1.5 + nodes / 2 + 1.3))
    np.testing.assert_allclose(gram[:3, 3], across * up, atol=1e-11)
    assert np.abs(gram[:3, :3] - line).max() <= error + 1e-13 < 1e-5


def test_what_quadrature_cannot_resolve_it_says():
    lines = spread_lines(5, WIDE)
    error = GaussianRidges(lines, WIDE, 150.0).gram()[1]
    assert error > 1e-9 > TanhRidges(lines, WIDE, 4.0).gram()[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_affine_functions_are_reproduced(dtype):
    y = 2 - X[:, 0] + 3 * X[:, 1]
    fit = nnexpr.least_squares(X, y, 12, basis="relu", solver="qr", domain=WIDE, dtype=dtype)
    tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(fit.values, y, atol=tolerance)
    np.testing.assert_allclose(fit.predict([[1, -2], [5, -1]]), [-5, -6], atol=tolerance)
    assert fit.coefficients.dtype == np.dtype(dtype)
    assert len(fit.coefficients) == len(fit.knots) + 1


@pytest.mark.parametrize("power", [2, 3])
def test_powers_have_the_polynomials_below_them_beside_them(power):
    ridges = ReluRidges(spread_lines(4, WIDE), WIDE, power)
    columns = ridges.polynomials(X)
    assert columns.shape[1] == power * (power + 1) // 2
    place = X - [1, -2]
    powers = [place[:, 0] ** i * place[:, 1] ** j for i in range(power) for j in range(power - i)]
    wanted = np.stack(powers, axis=1)
    found = columns @ np.linalg.lstsq(columns, wanted)[0]
    np.testing.assert_allclose(found, wanted, atol=1e-11)


@pytest.mark.parametrize("basis", ["relu", "tanh"])
def test_a_fit_is_a_network_of_two_inputs(basis):
    y = np.sin(X[:, 0]) * X[:, 1]
    fit = nnexpr.least_squares(X, y, 20, basis=basis, solver="svd", scale=2.0, domain=WIDE)
    network = fit.to_network()
    np.testing.assert_allclose(network(torch.from_numpy(X))[0, :, 0].numpy(), fit.predict(X), atol=1e-9)
    np.testing.assert_allclose(fit.predict(X), fit.values, atol=1e-9)
    if basis == "relu":
        cells = nnexpr.plane_regions(network, WIDE)
        assert 1 + 18 < cells.count <= 1 + 18 + 18 * 17 // 2  # 18 lines within, and two sides


@pytest.mark.parametrize("basis", ["gaussian", "relu"])
def test_what_is_no_network(basis):
    fit = nnexpr.least_squares(X, X[:, 0], 5, basis=basis, solver="qr", power=2, domain=WIDE)
    with pytest.raises(ValueError, match="not a network's"):
        fit.to_network()


def test_modes_in_the_plane_are_orthonormal_and_share_a_target_out():
    nodes, weights = np.polynomial.legendre.leggauss(60)
    x = np.stack(np.meshgrid(3 + 2 * nodes, -1.5 + nodes / 2, indexing="ij"), axis=-1).reshape(-1, 2)
    weights = np.outer(weights, weights).ravel()
    for basis, tolerance in (("tanh", 1e-6), ("relu", 2e-3)):
        found = nnexpr.spectrum(basis, knots=40, dimension=2, domain=WIDE, scale=1.0)
        modes = found.modes(x, 6)
        np.testing.assert_allclose(modes.T @ (weights[:, None] * modes), np.eye(6), atol=tolerance)
    hats = nnexpr.spectrum("hat", knots=40, dimension=2, domain=WIDE)
    assert hats.gram_error == 0
    assert hats.eigenvalues.sum() == pytest.approx(hats.cell * np.trace(hats.functions.gram()[0]), rel=1e-12)
    assert hats.cell == pytest.approx(4 / len(hats.functions.knots))
    shares = hats.shares(X, X @ [1.0, 2.0])
    assert shares.sum() == pytest.approx(1, abs=1e-10)
    assert (shares >= 0).all()


def test_ridges_need_a_rectangle():
    for given in ({"domain": (2.0, 2.0)}, {"domain": ((0.0, 1.0), (1.0, 1.0))}):
        with pytest.raises(InputError, match="the lower first"):
            nnexpr.spectrum(knots=4, dimension=2, **given)
        with pytest.raises(InputError, match="the lower first"):
            nnexpr.spectrum(knots=[[1.0, 0.0, 0.0]], dimension=2, **given)
    with pytest.raises(InputError, match="the lower first"):
        nnexpr.least_squares(
            [[0.0, 0.0], [1.0, 0.0]], [0.0, 1.0], [[1.0, 0.0, 0.0]], basis="relu", solver="qr"
        )
