"""A design factored once solves as the solvers do from the matrix, and its modes are what is kept or left out."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.linear import basis as declared
from nnexpr.linear.basis import BASES, SOLVERS, Solver
from nnexpr.linear.factored import FactoredDesign
from nnexpr.linear.solvers import least_squares
from nnexpr.specification import InputError

DENSE = [name for name, solver in SOLVERS.items() if solver.dense]
X = np.linspace(-1.0, 1.0, 240)
NOISE = np.random.default_rng(3).normal(size=len(X))
Y = np.arctan(25 * X) + 0.1 * NOISE
KNOTS = np.linspace(-1.0, 1.0, 33)


def both(solver, basis, dtype, x, y, knots, **how):
    factored = FactoredDesign(x, y, knots, basis=basis, dtype=dtype).fit(solver, **how)
    return factored, least_squares(x, y, knots, basis=basis, solver=solver, dtype=dtype, **how)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("solver", DENSE)
def test_what_is_found_is_what_the_solver_finds_from_the_matrix(solver, basis, dtype):
    """With a cut-off well above rounding coefficients agree to ε over it, and everything that follows from them."""
    cut_off = {"float32": 3.3e-3, "float64": 3.3e-7}[dtype]
    how = {"rcond": cut_off} if SOLVERS[solver].cut_off else {"ridge": 1e-2}
    ours, theirs = both(solver, basis, dtype, X, Y, KNOTS, **how)
    assert ours.coefficients.dtype == ours.values.dtype == np.dtype(dtype)
    assert ours.rank == theirs.rank
    epsilon = float(np.finfo(dtype).eps)
    size = float(np.abs(theirs.coefficients).max())
    np.testing.assert_allclose(ours.coefficients, theirs.coefficients, atol=100 * epsilon / cut_off * size)
    np.testing.assert_allclose(ours.values, theirs.values, atol=1000 * epsilon * max(1, size))
    assert ours.mse == pytest.approx(theirs.mse, rel=1000 * epsilon)
    assert ours.max_error == pytest.approx(theirs.max_error, rel=2000 * epsilon * max(1, size))
    assert (ours.basis, ours.solver, ours.rcond, ours.ridge) == (basis, solver, theirs.rcond, theirs.ridge)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("basis", ["relu", "gaussian", "cosine"])
@pytest.mark.parametrize("solver", ["normal", "gram"])
def test_the_squared_matrix_is_solved_by_the_same_operations_down_to_the_last_digit_kept(
    solver, basis, dtype
):
    """Also where the cut-off is in the rounding, of which the rank then tells."""
    how = {"rcond": 1e-9} if solver == "gram" else {"ridge": 1e-3}
    ours, theirs = both(solver, basis, dtype, X, Y, KNOTS, **how)
    assert ours.rank == theirs.rank
    np.testing.assert_allclose(ours.coefficients, theirs.coefficients, rtol=1e-3)


@pytest.mark.parametrize("solver", DENSE)
def test_more_knots_than_samples(solver):
    x, y = X[::20], Y[::20]
    how = {"rcond": 1e-5} if SOLVERS[solver].cut_off else {"ridge": 1e-3}
    ours, theirs = both(solver, "gaussian", "float64", x, y, KNOTS, **how)
    assert ours.rank == theirs.rank
    np.testing.assert_allclose(ours.values, theirs.values, atol=1e-9)
    assert FactoredDesign(x, y, KNOTS, basis="gaussian").condition == np.inf


@pytest.mark.parametrize("basis", ["hat", "relu"])
def test_the_linear_solver_is_the_same(basis):
    design = FactoredDesign(X, Y, KNOTS, basis=basis)
    ours, theirs = design.fit("hat"), least_squares(X, Y, KNOTS, basis=basis)
    np.testing.assert_array_equal(ours.coefficients, theirs.coefficients)
    assert (ours.mse, ours.rank, ours.gradient) == (theirs.mse, theirs.rank, theirs.gradient)
    assert design.condition_of("hat") == theirs.condition
    with pytest.raises(InputError, match="it solves for linear splines only, and tanh are none"):
        FactoredDesign(X, Y, KNOTS, basis="tanh").fit("hat")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("basis", BASES)
def test_the_condition_is_the_design_matrix_own(basis, dtype):
    design = FactoredDesign(X, Y, KNOTS, basis=basis, dtype=dtype)
    expected = np.linalg.cond(design.matrix.astype(np.float64))
    assert design.condition_of("svd") == pytest.approx(expected, rel=1e-15 * expected + 1e-10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["svd", "gram", "qr"])
@pytest.mark.parametrize("basis", ["relu", "tanh", "gaussian", "fourier"])
def test_a_higher_cut_off_keeps_no_more_and_fits_no_better(basis, solver, dtype):
    """The spaces of the modes kept are nested. Pivoted QR's are not, so of its errors only the ends are known."""
    design = FactoredDesign(X, Y, KNOTS, basis=basis, dtype=dtype)
    least = {"float32": 1e-5, "float64": 1e-13}[dtype]
    fits = [design.fit(solver, rcond=rcond) for rcond in np.geomspace(least, 0.9, 25)]
    ranks, errors = [fit.rank for fit in fits], np.array([fit.mse for fit in fits])
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] > ranks[-1] >= 1
    if solver != "qr":
        assert (np.diff(errors) >= -1e-3 * errors[:-1]).all()
    assert errors[0] <= errors[-1]


@pytest.mark.parametrize("samples", [10, 240])
@pytest.mark.parametrize("basis", ["relu", "tanh", "fourier", "hat"])
def test_errors_are_what_y_has_of_the_modes_left_out(basis, samples):
    """Pythagoras: samples · mse = ‖y‖² − Σ (u_kᵀ y)² over the modes kept."""
    x, y = X[:: len(X) // samples], Y[:: len(X) // samples]
    design = FactoredDesign(x, y, KNOTS, basis=basis)
    values, shares, *_ = design.singular
    for cut_off in (1e-1, 1e-3, 1e-6):
        fit = design.fit("svd", rcond=cut_off)
        assert fit.rank == (values > cut_off * values[0]).sum()
        left = (y**2).sum() - (shares[: fit.rank] ** 2).sum()
        assert len(x) * fit.mse == pytest.approx(left, abs=1e-9 * (y**2).sum())


@pytest.mark.parametrize("basis", ["relu", "hat", "cosine"])
def test_modes_are_orthonormal_over_the_samples(basis):
    design = FactoredDesign(X, Y, KNOTS, basis=basis)
    numbers = (1, 2, 5, 12, 25)
    modes = np.stack([design.mode(number, X) for number in numbers])
    np.testing.assert_allclose(modes @ modes.T / len(X), np.eye(len(numbers)), atol=1e-9)
    np.testing.assert_allclose(
        modes @ Y / len(X) ** 0.5, design.singular.shares[np.array(numbers) - 1], atol=1e-8
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_squared_matrix_tells_half_the_digits_of_the_singular_values(dtype):
    """Of ReLUs, whose σ_k fall like k⁻²: ε of σ_1 is reached at (1/ε)^(1/2), ε of its square at (1/ε)^(1/4)."""
    design = FactoredDesign(X, Y, np.linspace(-1, 1, 200), basis="relu", dtype=dtype)
    plain, squared = design.seen_by("svd"), design.seen_by("gram")
    exact = np.linalg.svd(design.matrix.astype(np.float64), compute_uv=False)
    epsilon, n = float(np.finfo(dtype).eps), 200
    for seen, least in ((plain, n * epsilon), (squared, (n * epsilon) ** 0.5)):
        assert seen.resolved == pytest.approx((exact > least * exact[0]).sum(), abs=1)
        told = slice(0, max(1, int((exact > 30 * least * exact[0]).sum())))
        np.testing.assert_allclose(seen.values[told], exact[told], rtol=0.1)
        np.testing.assert_allclose(abs(seen.shares[told][:3]), abs(plain.shares[told][:3]), rtol=1e-2)
    assert design.mode(200, X, "gram").shape == X.shape


def doubled(matrix, y, rcond, ridge):
    """No solver at all: what it is given is what it gives."""
    return 2 * matrix.T @ y, round(rcond + ridge)


def test_a_solver_declared_elsewhere_solves_with_the_matrix():
    declared.SOLVERS.declare(Solver(name="doubled", dense=f"{__name__}:doubled", cut_off=True, ridge=7.0))
    try:
        ours, theirs = both("doubled", "relu", "float64", X, Y, KNOTS, rcond=0.25)
        np.testing.assert_array_equal(ours.coefficients, theirs.coefficients)
        assert ours.rank == theirs.rank == 7
    finally:
        del declared.SOLVERS["doubled"]


def test_what_is_wrong_is_refused_as_by_least_squares():
    for given, sentence in (
        ({"basis": "spline"}, "basis is spline: it must be one of relu"),
        ({"dtype": "float16"}, "dtype is float16: it must be one of float32, float64"),
    ):
        with pytest.raises(InputError, match=sentence):
            FactoredDesign(X, Y, KNOTS, **given)
    with pytest.raises(InputError, match="only qr, svd, gram have a cut-off, hat has none"):
        FactoredDesign(X, Y, KNOTS).fit("hat", rcond=0.1)
    with pytest.raises(InputError, match="they must cover the samples"):
        FactoredDesign(X, Y, KNOTS[1:])
    with pytest.raises(
        InputError, match="dtype is float32: it has no place for a value of 1e\\+40; take float64"
    ):
        least_squares(X, 1e40 * X, KNOTS, dtype="float32")
    assert least_squares(X, 1e40 * X, KNOTS).rank == len(KNOTS)
