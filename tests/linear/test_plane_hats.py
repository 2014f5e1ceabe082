"""Hats on triangles: the grid against scikit-fem, and least squares in them against dense linear algebra and laws."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import skfem
from hypothesis import given, settings
from hypothesis import strategies as st
from skfem.models.poisson import laplace, mass

import nnexpr
from nnexpr.linear import scattered
from nnexpr.linear.bases.triangles import Triangles
from nnexpr.linear.triangles import Grid, grid_size
from nnexpr.specification import InputError

UNIT = ((0.0, 1.0), (0.0, 1.0))


def grid_of(across, up, rng=None):
    """Even, or graded by a generator."""
    if rng is None:
        return Grid(np.linspace(0, 1, across), np.linspace(0, 1, up))
    first, second = (np.cumsum(rng.uniform(0.2, 1, n)) for n in (across, up))
    return Grid((first - first[0]) / np.ptp(first), (second - second[0]) / np.ptp(second))


def least_energy(matrix, y, stiffness):
    """min ∫ |∇f|² over all least-squares solutions, through a null-space basis of the dense matrix; and the rank."""
    left, singular, right = np.linalg.svd(matrix)
    rank = int((singular > 1e-9 * singular[0]).sum())
    particular = right[:rank].T @ (left[:, :rank].T @ y / singular[:rank])
    null = right[rank:].T
    return particular - null @ np.linalg.solve(
        null.T @ stiffness @ null, null.T @ stiffness @ particular
    ), rank


# The grid


def test_the_hats_are_those_of_scikit_fem_at_any_point():
    rng = np.random.default_rng(0)
    grid = grid_of(5, 7, rng)
    elements = skfem.Basis(skfem.MeshTri(grid.nodes.T.copy(), grid.triangles.T.copy()), skfem.ElementTriP1())
    x = rng.uniform(0, 1, (60, 2))
    np.testing.assert_allclose(grid.hats(x).matrix.toarray(), elements.probes(x.T).toarray(), atol=1e-13)
    np.testing.assert_allclose(grid.hats(grid.nodes).matrix.toarray(), np.eye(35), atol=1e-15)
    assert (elements.mesh.params() > 0).all()


def test_mass_and_stiffness_are_those_of_a_mesh_that_scikit_fem_makes_itself():
    """Its own tensor mesh numbers nodes otherwise: matched by their places."""
    rng = np.random.default_rng(1)
    grid = grid_of(4, 6, rng)
    mesh = skfem.MeshTri.init_tensor(grid.first, grid.second)
    elements = skfem.Basis(mesh, skfem.ElementTriP1())
    order = np.lexsort((mesh.p[1], mesh.p[0]))
    ours = {"mass": grid.mass, "stiffness": grid.stiffness}
    for name, form in (("mass", mass), ("stiffness", laplace)):
        theirs = form.assemble(elements).toarray()[np.ix_(order, order)]
        np.testing.assert_allclose(ours[name].toarray(), theirs, atol=1e-13)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 2**32))
@settings(deadline=None, max_examples=25, database=None)
def test_integrals_of_affine_functions_are_exact(across, up, seed):
    """∫ f g and ∫ ∇f·∇g over the unit square, of f = a + b·x: their closed forms."""
    rng = np.random.default_rng(seed)
    grid = grid_of(across, up, rng)
    (a, b, c), (d, e, f) = rng.normal(size=(2, 3))
    first, second = (p + grid.nodes @ [q, r] for p, q, r in ((a, b, c), (d, e, f)))
    products = a * d + (a * e + b * d + a * f + c * d) / 2 + (b * e + c * f) / 3 + (b * f + c * e) / 4
    assert first @ grid.mass @ second == pytest.approx(products, abs=1e-12)
    assert first @ grid.stiffness @ second == pytest.approx(b * e + c * f, abs=1e-11)


def test_the_grid_is_the_one_nearest_to_the_nodes_asked_for():
    assert grid_size(100, 1, 1) == (10, 10)
    assert grid_size(1000, 1, 1) == (32, 31)
    assert grid_size(200, 2, 1) == (20, 10)
    assert grid_size(200, 1, 2) == (10, 20)
    assert grid_size(2, 1, 1) == grid_size(4, 1, 1000) == (2, 2)
    assert grid_size(10, 1, 1000) == (2, 5)
    assert grid_size(10, 1000, 1) == (5, 2)
    for n in range(4, 300):
        across, up = grid_size(n, 1, 1)
        assert abs(across * up - n) <= across / 2
        assert abs(across - up) <= 2


# Least squares


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_affine_functions_are_reproduced_everywhere(dtype):
    rng = np.random.default_rng(2)
    x = rng.uniform([-2, 5], [3, 6], (900, 2))
    fit = nnexpr.least_squares(x, 3 - 2 * x[:, 0] + 0.5 * x[:, 1], 60, dtype=dtype, domain=((-2, 3), (5, 6)))
    corners = np.array([[-2, 5], [3, 5], [3, 6], [-2, 6], [0.1, 5.4]])
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(
        fit.predict(corners), 3 - 2 * corners[:, 0] + 0.5 * corners[:, 1], atol=tolerance
    )
    assert fit.coefficients.dtype == fit.values.dtype == np.dtype(dtype)
    assert fit.rank == len(fit.knots) == len(fit.coefficients)
    assert fit.predict(corners.reshape(1, 5, 2)).shape == (1, 5)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_it_is_the_dense_way_and_what_is_left_is_orthogonal_to_every_hat(noise, ridge):
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 1, (2000, 2))
    y = np.exp(x[:, 0] * x[:, 1]) + noise * rng.normal(size=2000)
    knots = grid_of(8, 6, rng).nodes
    fit = nnexpr.least_squares(x, y, knots, ridge=ridge)
    dense = nnexpr.least_squares(x, y, knots, solver="normal", ridge=ridge)
    np.testing.assert_allclose(fit.coefficients, dense.coefficients, atol=1e-11)
    assert fit.rank == dense.rank == 48
    matrix = fit.functions.design(x)
    left = matrix.T @ (matrix @ fit.coefficients - y) + ridge * fit.coefficients
    assert np.abs(left).max() < 1e-11
    assert fit.gradient < 1e-11
    assert fit.condition == pytest.approx(np.linalg.cond(matrix), rel=1e-7)
    assert dense.condition == pytest.approx(fit.condition, rel=1e-7)


def test_the_error_of_a_smooth_function_falls_with_the_square_of_the_step():
    axis = np.linspace(0, 1, 200)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    y = np.sin(3 * x[:, 0]) * np.cos(2 * x[:, 1])
    errors = [np.sqrt(nnexpr.least_squares(x, y, n * n).mse) for n in (6, 11, 21, 41)]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2, atol=0.12)


def test_data_constant_in_one_input_are_fitted_as_on_the_line():
    """With the same samples at every node of that input each row of the grid is the same problem, and all are."""
    rng = np.random.default_rng(4)
    line, axis = rng.uniform(0, 1, 200), np.linspace(0, 1, 7)
    y = np.arctan(20 * line - 8) + 0.1 * rng.normal(size=200)
    on_the_line = nnexpr.least_squares(line, y, np.linspace(0, 1, 9))
    for turned in (False, True):
        x = np.stack([np.tile(line, 7), np.repeat(axis, 200)], axis=1)
        knots = grid_of(9, 7).nodes
        if turned:
            x, knots = x[:, ::-1], knots[:, ::-1]
        fit = nnexpr.least_squares(x, np.tile(y, 7), knots)
        np.testing.assert_allclose(fit.predict(x), np.tile(on_the_line.predict(line), 7), atol=1e-12)


def test_order_and_repetition_of_samples_and_order_of_nodes_do_not_matter():
    rng = np.random.default_rng(5)
    x, knots = rng.uniform(0, 1, (400, 2)), grid_of(5, 4).nodes
    y = rng.normal(size=400)
    plain, shuffle = nnexpr.least_squares(x, y, knots), rng.permutation(800)
    again = nnexpr.least_squares(
        np.tile(x, (2, 1))[shuffle], np.tile(y, 2)[shuffle], knots[rng.permutation(20)]
    )
    np.testing.assert_array_equal(again.knots, plain.knots)
    np.testing.assert_allclose(again.coefficients, plain.coefficients, atol=1e-12)


def test_single_precision_is_single_throughout():
    """Sums in double precision would be right to more digits than sums in single can be."""
    rng = np.random.default_rng(6)
    x = rng.uniform(0, 1, (20_000, 2))
    y = 1e3 + rng.normal(size=20_000)
    single, double = (nnexpr.least_squares(x, y, 100, dtype=dtype) for dtype in ("float32", "float64"))
    apart = np.abs(single.coefficients - double.coefficients).max()
    assert 1e-5 < apart < 0.05


# Where samples leave the function open


@pytest.mark.parametrize("samples", [1, 2, 5, 30, 60, 150, 300])
@pytest.mark.parametrize("seed", range(4))
def test_of_all_minimisers_the_one_of_least_energy(samples, seed):
    rng = np.random.default_rng(seed)
    grid = grid_of(9, 7, rng if seed % 2 else None)
    x, y = rng.uniform(0, 1, (samples, 2)), rng.normal(size=samples)
    fit = nnexpr.least_squares(x, y, grid.nodes)
    matrix = grid.hats(x).matrix.toarray()
    expected, rank = least_energy(matrix, y, grid.stiffness.toarray())
    assert fit.rank == rank
    size = np.abs(expected).max()
    np.testing.assert_allclose(fit.coefficients, expected, atol=1e-7 * size)
    assert fit.gradient < 1e-10 * size
    assert (fit.condition == np.inf) == (rank < 63)


def test_one_sample_makes_a_constant():
    fit = nnexpr.least_squares([[0.3, 0.6]], [4.5], 50, domain=UNIT)
    np.testing.assert_allclose(fit.coefficients, 4.5, rtol=1e-12)
    assert fit.rank == 1


@pytest.mark.parametrize(("start", "step"), [((0, 0), (1, 1)), ((0.5, 0), (0, 1)), ((0, 0.1), (1, 0.6))])
def test_samples_on_a_line_are_fitted_and_the_rest_follows_from_the_least_energy(start, step):
    """Along a diagonal, along an edge of triangles, and across both."""
    at = np.linspace(0, 1, 301)
    x = np.array(start) + at[:, None] * step
    grid = grid_of(7, 7)
    fit = nnexpr.least_squares(x, 2 * at - 1, grid.nodes)
    expected, rank = least_energy(grid.hats(x).matrix.toarray(), 2 * at - 1, grid.stiffness.toarray())
    assert fit.rank == rank < 49
    np.testing.assert_allclose(fit.values, 2 * at - 1, atol=1e-10)
    np.testing.assert_allclose(fit.coefficients, expected, atol=1e-9)


def test_a_gap_is_filled_by_the_discrete_harmonic_function():
    """Inside it Kc = 0; an affine function goes on through it, whatever is noisy elsewhere."""
    rng = np.random.default_rng(7)
    x = rng.uniform(0, 1, (6000, 2))
    x = x[np.abs(x - 0.5).max(axis=1) > 0.3]
    y = rng.normal(size=len(x))
    fit = nnexpr.least_squares(x, y, 21 * 21, domain=UNIT)
    inside = np.abs(fit.knots - 0.5).max(axis=1) < 0.24
    pull = fit.functions.grid.stiffness @ fit.coefficients
    assert inside.sum() == 81
    assert np.abs(pull[inside]).max() < 1e-12 * np.abs(pull).max()
    affine = nnexpr.least_squares(x, x @ [2.0, -1.0], 21 * 21, domain=UNIT)
    np.testing.assert_allclose(affine.coefficients, affine.knots @ [2.0, -1.0], atol=1e-11)


def test_samples_that_coincide_count_once():
    x = np.repeat([[0.31, 0.62], [0.33, 0.61]], 500, axis=0) + 1e-9 * np.random.default_rng(8).normal(
        size=(1000, 2)
    )
    fit = nnexpr.least_squares(x, np.repeat([1.0, 2.0], 500), 16, domain=UNIT)
    assert fit.rank == 2
    np.testing.assert_allclose(fit.values, np.repeat([1.0, 2.0], 500), atol=1e-6)


def test_where_a_piece_is_too_large_the_rank_is_not_told(monkeypatch):
    rng = np.random.default_rng(9)
    x, y = rng.uniform(0, 1, (60, 2)), rng.normal(size=60)
    told = nnexpr.least_squares(x, y, 100, domain=UNIT)
    monkeypatch.setattr("nnexpr.linear.scattered.PIECE", 10)
    fit = nnexpr.least_squares(x, y, 100, domain=UNIT)
    assert fit.rank is fit.condition is None
    assert told.rank == np.linalg.matrix_rank(fit.functions.design(x)) < 60
    np.testing.assert_array_equal(fit.coefficients, told.coefficients)


# What may be asked for


def test_a_network_would_be_deep():
    fit = nnexpr.least_squares([[0.0, 0.0], [1.0, 1.0]], [0.0, 1.0], 4)
    with pytest.raises(ValueError, match="not a network's"):
        fit.to_network()
    with pytest.raises(ValueError, match=r"must be \(…, 2\)"):
        fit.predict([0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="not one of linear splines"):
        _ = fit.spline


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"knots": 1}, "at least 2"),
        ({"knots": [0.0, 1.0]}, "nodes"),
        ({"knots": [[0, 0], [1, 1], [0, 1]]}, "all crossings"),
        ({"knots": [[0, 0], [0, 1], [0, 2], [0, 3]]}, "all crossings"),
        ({"knots": [[0, 0], [1, np.nan]]}, "finite"),
        ({"knots": 9, "domain": ((0, 1), (0.5, 1))}, "cover the samples"),
        ({"knots": 9, "domain": ((0, 1), (1, 0))}, "the lower first"),
        ({"knots": 9, "domain": (1, 2, 3)}, "in two dimensions it is"),
        ({"knots": 9, "x": [[0.0, 0.0], [1.0, 0.0]]}, "samples lie on a line"),
        ({"knots": 9, "basis": "sine"}, "in two dimensions it must be one of relu, hat, tanh, gaussian"),
        (
            {"knots": 9, "basis": "relu"},
            "in two dimensions it solves for hats only, and relu ridges are none",
        ),
        ({"knots": [[0, 1]], "basis": "relu", "solver": "qr"}, "lines"),
        ({"knots": [[0, 1, np.inf]], "basis": "relu", "solver": "qr"}, "finite"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(changes, message):
    arguments = {"x": [[0.0, 0.0], [1.0, 1.0]], "y": [0.0, 1.0], **changes}
    with pytest.raises(InputError, match=message):
        nnexpr.least_squares(**arguments)


def test_nodes_must_differ_in_the_precision_used():
    nodes = Grid(np.array([0.0, 1.0, 1.0 + 1e-9]), np.array([0.0, 1.0])).nodes
    assert len(Triangles.checked(nodes, np.dtype(np.float64))) == 6
    with pytest.raises(InputError, match="distinct in float32"):
        Triangles.checked(nodes, np.dtype(np.float32))


def test_what_memory_cannot_hold_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 10**6})())
    x = np.random.default_rng(11).uniform(0, 1, (10_000, 2))
    with pytest.raises(InputError, match=r"GiB with 10000 samples"):
        nnexpr.least_squares(x, x[:, 0], 9)
    with pytest.raises(InputError, match=r"knots is 2500: .* GiB"):
        nnexpr.least_squares(x[:10], x[:10, 0], 2500, domain=UNIT)
    assert nnexpr.least_squares(x[:1000], x[:1000, 0], 9).mse < 1e-28


def test_many_samples_take_a_sparse_matrix_only():
    """300,000 samples of 2,500 nodes: dense it would be 6 GB."""
    rng = np.random.default_rng(10)
    x = rng.uniform(-1, 1, (300_000, 2))
    fit = nnexpr.least_squares(x, x[:, 0] * x[:, 1], 2500)
    assert fit.max_error < 2e-3
    assert fit.rank == 2500
    assert scipy.sparse.issparse(fit.functions.grid.mass)


def test_a_factor_made_of_rounding_is_not_believed(monkeypatch):
    """Where a step is not less than half of the last the other factor solves; the minimiser is the same."""
    rng = np.random.default_rng(12)
    x, y = rng.uniform(0, 1, (3000, 2)), rng.normal(size=3000)
    plain = nnexpr.least_squares(x, y, 60)
    calls = []
    factor = scattered._factor

    def spoilt(matrix):
        solve = factor(matrix)
        calls.append(matrix)
        return (lambda right: 3 * solve(right)) if len(calls) == 1 else solve

    monkeypatch.setattr(scattered, "_factor", spoilt)
    found = nnexpr.least_squares(x, y, 60)
    assert len(calls) == 2
    np.testing.assert_allclose(found.coefficients, plain.coefficients, atol=1e-11)
    assert found.rank == plain.rank == len(plain.knots)
