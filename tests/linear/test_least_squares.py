"""Least squares by every solver: against SciPy on the dense matrix, and on what the caller may hand in."""

from contextlib import nullcontext

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.piecewise import hat_to_relu, hats, relus
from nnexpr.linear.solvers import least_squares
from nnexpr.regions.line import linear_regions
from nnexpr.specification import InputError


def dense_values(x, y, knots):
    """The values at the knots by LAPACK's orthogonal factorisation of the dense hat matrix."""
    matrix = np.stack([np.interp(x, knots, unit) for unit in np.eye(len(knots))], axis=1)
    return scipy.linalg.lstsq(matrix, y, lapack_driver="gelsy")[0]


@given(st.integers(2, 60), st.integers(0, 2**32), st.booleans())
@settings(deadline=None, max_examples=40, database=None)
def test_the_linear_time_way_is_the_dense_one(n, seed, even):
    rng = np.random.default_rng(seed)
    knots = np.linspace(-1, 1, n) if even else np.cumsum(rng.uniform(0.2, 1, n))
    x = rng.uniform(knots[0], knots[-1], 40 * n)
    x = np.concatenate([x, knots[:-1] + 0.3 * np.diff(knots), knots[1:] - 0.3 * np.diff(knots)])
    y = rng.normal(size=len(x))
    fit = least_squares(x, y, knots)
    np.testing.assert_allclose(fit.coefficients, dense_values(x, y, knots), rtol=0, atol=1e-12)
    assert fit.rank == n


def test_refinement_keeps_the_digits_that_squaring_the_matrix_costs():
    """Two samples a thousandth of an element apart in the middle of each: cond(ΦᵀΦ) above 1e6, yet as close as QR."""
    knots = np.linspace(0, 1, 30)
    x = np.concatenate([knots[:-1] + 0.5 / 29, knots[:-1] + 0.501 / 29])
    truth = np.sin(3 * knots)
    y = np.interp(x, knots, truth)
    fit = least_squares(x, y, knots)
    assert fit.condition > 1e3
    np.testing.assert_allclose(fit.coefficients, truth, atol=1e-12)


@pytest.mark.parametrize("basis", ["hat", "relu"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_way_finds_the_same_function_in_its_own_precision(basis, solver, dtype):
    x = np.linspace(0, 1, 200)
    y = np.exp(-x) * np.sin(5 * x)
    knots = np.linspace(0, 1, 6)
    ridge = {"ridge": 1e-4 if dtype == "float32" else 1e-10} if solver == "normal" else {}
    fit = least_squares(x, y, knots, basis=basis, solver=solver, dtype=dtype, **ridge)
    assert fit.coefficients.dtype == fit.values.dtype == np.dtype(dtype)
    np.testing.assert_allclose(
        fit.spline.values, dense_values(x, y, knots), atol=1e-8 if dtype == "float64" else 2e-3
    )
    np.testing.assert_allclose(fit.predict(x), fit.values, atol=1e-13 if dtype == "float64" else 1e-5)
    np.testing.assert_allclose(
        relus(knots, x) @ hat_to_relu(knots, fit.spline.values),
        fit.predict(x),
        atol=1e-13 if dtype == "float64" else 1e-5,
    )
    assert fit.mse == pytest.approx(np.mean((fit.values - y) ** 2))
    assert fit.max_error == pytest.approx(np.abs(fit.values - y).max())
    assert fit.rank == 6


def test_single_precision_is_single_throughout():
    """A double-precision solve of these samples would be good to 1e-7; the ReLU matrix in single is not."""
    x = np.linspace(-1, 1, 2000)
    y, knots = np.arctan(25 * x), np.linspace(-1, 1, 100)
    double = least_squares(x, y, knots, basis="relu", solver="svd").mse
    single = least_squares(x, y, knots, basis="relu", solver="svd", rcond=1e-4, dtype="float32")
    gram = least_squares(x, y, knots, basis="relu", solver="gram", dtype="float32")
    assert single.rank < 100
    assert gram.rank < 50  # eigenvalues are squared singular values: half the digits
    assert gram.mse > 10 * double


@pytest.mark.parametrize("solver", ["qr", "svd", "gram"])
def test_a_cut_off_keeps_what_lies_above_it(solver):
    x, knots = np.linspace(0, 1, 300), np.linspace(0, 1, 40)
    singular = np.linalg.svd(relus(knots, x), compute_uv=False)
    cut = np.sqrt(singular[9] * singular[10])  # between the tenth and the eleventh
    rcond = (cut / singular[0]) ** (2 if solver == "gram" else 1)
    fit = least_squares(x, np.cos(9 * x), knots, basis="relu", solver=solver, rcond=rcond)
    assert fit.rank == 10 if solver != "qr" else 8 <= fit.rank <= 14  # QR estimates singular values


@pytest.mark.parametrize("basis", ["hat", "relu"])
def test_ridge_in_linear_time_is_the_dense_normal_equations(basis):
    rng = np.random.default_rng(3)
    knots = np.sort(np.concatenate([[0, 1], rng.uniform(0, 1, 20)]))
    x = rng.uniform(0, 1, 500)
    y = rng.normal(size=500)
    for ridge in (1e-3, 1.0, 100.0):
        matrix = BASES[basis].on(knots).design(x)
        normal = matrix.T @ matrix + ridge * np.eye(len(knots))
        expected = np.linalg.solve(normal, matrix.T @ y)
        for solver in ("hat", "normal"):
            fit = least_squares(x, y, knots, basis=basis, solver=solver, ridge=ridge)
            np.testing.assert_allclose(fit.coefficients, expected, atol=1e-8 * np.abs(expected).max())


def test_the_condition_is_that_of_the_design_matrix():
    x, knots = np.linspace(0, 1, 500), np.linspace(0, 1, 30) ** 2
    assert least_squares(x, x, knots).condition == pytest.approx(np.linalg.cond(hats(knots, x)), rel=1e-9)
    qr = least_squares(x, x, knots, basis="relu", solver="qr")
    assert qr.condition == pytest.approx(np.linalg.cond(relus(knots, x)), rel=1e-6)


def test_order_and_repetition_of_samples_and_order_of_knots_do_not_matter():
    rng = np.random.default_rng(1)
    x, knots = rng.uniform(0, 1, 90), np.linspace(0, 1, 9)
    y = rng.normal(size=90)
    plain = least_squares(x, y, knots)
    shuffle = rng.permutation(180)
    again = least_squares(np.tile(x, 2)[shuffle], np.tile(y, 2)[shuffle], knots[::-1])
    np.testing.assert_allclose(again.spline.values, plain.spline.values, atol=1e-12)
    np.testing.assert_allclose(again.values, np.tile(plain.values, 2)[shuffle], atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"basis": "spline"}, "basis is spline"),
        ({"solver": "lu"}, "solver is lu"),
        ({"dtype": "float16"}, "dtype is float16"),
        ({"rcond": 1e-3}, "only qr, svd, gram have a cut-off, hat has none"),
        ({"rcond": 1.0, "solver": "svd"}, "below 1"),
        ({"rcond": -1e-9, "solver": "svd"}, "below 1"),
        ({"rcond": float("nan"), "solver": "svd"}, "below 1"),
        ({"ridge": 1.0, "solver": "svd"}, "only hat, normal take a ridge, svd does not"),
        ({"ridge": -1.0}, "at least 0"),
        ({"knots": [0.0, 0.5]}, "cover the samples"),
        ({"x": [], "y": []}, "at least one"),
        ({"y": [0.0, np.nan]}, "finite"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(changes, message):
    arguments = {"x": [0.0, 1.0], "y": [0.0, 1.0], "knots": [0.0, 1.0], **changes}
    with pytest.raises(InputError, match=message):
        least_squares(**arguments)


def test_a_cut_off_of_zero_keeps_every_direction():
    x = np.linspace(0, 1, 60)
    assert least_squares(x, x**2, np.linspace(0, 1, 20), basis="relu", solver="svd", rcond=0.0).rank == 20


def test_what_a_dense_solver_will_take_is_told_beforehand(monkeypatch):
    """A clock that only solving moves, by the square of the columns solved for: told is the square of all of them."""
    now, columns = [100.0], []

    def solve(matrix, y, rcond, ridge):
        columns.append(matrix.shape[1])
        now[0] += matrix.shape[1] ** 2
        return np.zeros(matrix.shape[1]), 1

    monkeypatch.setattr("nnexpr.linear.dense.svd", solve)
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    x, told = np.linspace(0, 1, 400), []
    for n in (10, 200):
        fit = least_squares(x, x, np.linspace(0, 1, n), solver="svd", announce=told.append)
        assert columns[-1] == n
        assert fit.seconds == columns[-2] ** 2 + n**2  # the trial is part of the solve
    assert told == pytest.approx([100, 40_000])
    assert columns[0] == 10
    assert columns[2] < 100


def test_a_dense_matrix_beyond_memory_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 10**6})())
    x = np.linspace(0, 1, 1000)
    with pytest.raises(InputError, match="GiB"):
        least_squares(x, x, np.linspace(0, 1, 200), solver="svd")
    # The matrix, LAPACK's copy of it and three square ones fit to the byte, or do not.
    needed = 4 * (2 * 1000 * 50 + 3 * 50**2)
    for available, fits in ((needed, True), (needed - 1, False)):
        memory = type("Memory", (), {"available": available})()
        monkeypatch.setattr("psutil.virtual_memory", lambda memory=memory: memory)
        with nullcontext() if fits else pytest.raises(InputError, match="take fewer knots"):
            least_squares(x, x, np.linspace(0, 1, 50), solver="svd", dtype="float32")
    assert least_squares(x, x, np.linspace(0, 1, 200)).mse < 1e-28  # the linear-time way needs no such matrix


def test_a_ridge_too_small_for_the_precision_is_named():
    x = np.linspace(-1, 1, 2000)
    with pytest.raises(InputError, match=r"ridge is .* not positive definite in float32"):
        least_squares(x, x, np.linspace(-1, 1, 200), basis="relu", solver="normal", dtype="float32")


def test_shapes_that_do_not_match():
    with pytest.raises(ValueError, match=r"both must be \(samples,\)"):
        least_squares([0.0, 1.0], [0.0], [0.0, 1.0])


@pytest.mark.parametrize("basis", ["hat", "relu"])
def test_a_fit_is_a_network(basis):
    x = np.linspace(-1, 2, 200)
    fit = least_squares(x, np.cos(4 * x), np.linspace(-1, 2, 12), basis=basis)
    network = fit.to_network()
    np.testing.assert_allclose(network(torch.from_numpy(x))[0, :, 0].numpy(), fit.predict(x), atol=1e-12)
    assert linear_regions(network, (-1.0, 2.0))[0].count == 11


def test_knots_by_their_number_are_spread_evenly_over_the_domain():
    rng = np.random.default_rng(7)
    x, y = rng.uniform(0.1, 0.9, 50), rng.normal(size=50)
    for basis, solver in (("hat", "hat"), ("gaussian", "svd")):
        over_samples = least_squares(x, y, 7, basis=basis, solver=solver)
        over_unit = least_squares(x, y, 7, basis=basis, solver=solver, domain=(0, 1))
        np.testing.assert_array_equal(over_samples.knots, np.linspace(x.min(), x.max(), 7))
        np.testing.assert_array_equal(over_unit.knots, np.linspace(0, 1, 7))
        given = least_squares(x, y, np.linspace(0, 1, 7), basis=basis, solver=solver)
        np.testing.assert_array_equal(over_unit.coefficients, given.coefficients)
    for arguments, message in (
        ((x, y, 1), "knots is 1: at least 2"),
        (([0.5, 0.5], [1.0, 2.0], 4), "domain is 0.5 to 0.5: each side is two numbers"),
    ):
        with pytest.raises(InputError, match=message):
            least_squares(*arguments)
    with pytest.raises(
        InputError, match=r"knots is 0.2 to 1: they must cover the samples, which run from 0.1"
    ):
        least_squares(x, y, 7, domain=(0.2, 1))
