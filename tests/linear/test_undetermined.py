"""Where samples leave the function open: the rank, and the minimiser of least energy, against dense linear algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.linear.basis import SOLVERS
from nnexpr.linear.piecewise import hats, relus
from nnexpr.linear.solvers import least_squares


def least_energy(x, y, knots):
    """min ∫ f′² over all least-squares solutions, through a null-space basis of the dense hat matrix."""
    matrix = hats(knots, x)
    particular = np.linalg.lstsq(matrix, y, rcond=1e-12)[0]
    _, singular, right = np.linalg.svd(matrix)
    rank = int((singular > 1e-12 * singular[0]).sum())
    null = right[rank:].T
    slope = np.diff(np.eye(len(knots)), axis=0) / np.sqrt(np.diff(knots))[:, None]
    free = np.linalg.lstsq(slope @ null, -slope @ particular, rcond=1e-12)[0]
    return particular + null @ free, rank


@given(st.integers(3, 14), st.integers(1, 14), st.integers(0, 2**32))
@settings(deadline=None, max_examples=80, database=None)
def test_rank_and_values_with_few_samples(n, samples, seed):
    rng = np.random.default_rng(seed)
    knots = np.linspace(0, 1, n) if rng.random() < 0.5 else np.cumsum(rng.uniform(0.02, 1, n))
    # One position in each element that has any, at most: further ones at the same place.
    element = rng.integers(0, n - 1, samples)
    places = (knots[element] + knots[element + 1]) / 2
    x = np.concatenate([places, rng.choice(knots, rng.integers(0, 3))])
    y = rng.normal(size=len(x))
    fit = least_squares(x, y, knots)
    expected, rank = least_energy(x, y, knots)
    assert fit.rank == rank == np.linalg.matrix_rank(hats(knots, x))
    np.testing.assert_allclose(fit.values, np.interp(x, knots, expected), atol=1e-9)
    np.testing.assert_allclose(fit.coefficients, expected, atol=1e-4)


def test_a_gap_is_crossed_straight_and_the_ends_are_flat():
    knots = np.linspace(0, 1, 11)
    x = np.array([0.21, 0.24, 0.27, 0.62, 0.65, 0.68])
    fit = least_squares(x, 3 * x - 1, knots)
    np.testing.assert_allclose(fit.values, 3 * x - 1, atol=1e-12)
    expected = np.interp(knots, [0.2, 0.7], [-0.4, 1.1])
    np.testing.assert_allclose(fit.coefficients, expected, atol=1e-6)
    assert fit.rank == 4
    assert fit.condition == np.inf


def test_however_often_samples_are_repeated_a_gap_is_crossed_straight():
    knots = np.array([0.0, 0.1, 0.4, 0.5, 1.2, 1.3])
    x = np.tile([0.02, 0.07, 1.22, 1.29], 30_000)
    fit = least_squares(x, 2 * x - 1, knots)
    np.testing.assert_allclose(fit.coefficients, 2 * knots - 1, atol=1e-5)


@pytest.mark.parametrize("n", [5, 1000])
def test_a_sample_at_1e8th_of_an_element_is_still_met(n):
    """Singular values above 10⁻⁹ count, as the module states: a value of 1e8 is passed on across an empty element."""
    x = np.concatenate([[0.2, 0.8, 1 + 1e-8, 2.5], np.arange(4.0, n) + 0.3, np.arange(4.0, n) + 0.7])
    y = np.where(np.arange(len(x)) == 2, 1.0, 0.0)
    fit = least_squares(x, y, np.arange(n + 1.0))
    np.testing.assert_allclose(fit.values, y, atol=1e-6)


def test_one_sample_is_a_constant():
    fit = least_squares([0.3], [7.0], np.linspace(0, 1, 5))
    np.testing.assert_allclose(fit.coefficients, 7, rtol=1e-5)  # ε^(1/3), as the module states
    assert (fit.rank, fit.mse < 1e-24) == (1, True)


def test_samples_on_the_knots_only_are_met_exactly():
    knots = np.linspace(-2, 2, 9)
    fit = least_squares(knots, np.sin(knots), knots)
    np.testing.assert_allclose(fit.coefficients, np.sin(knots), atol=1e-15)
    assert (fit.rank, fit.condition) == (9, pytest.approx(1))


def test_an_amplifying_chain_of_single_samples_stays_bounded():
    """Values passed on through 40 elements with one sample each at 0.1 would grow by 9 in each: 10^38 in all."""
    knots = np.linspace(0, 1, 42)
    h = knots[1]
    x = np.concatenate([[0.2 * h, 0.8 * h], knots[1:-1] + 0.9 * h])[::-1]
    y = np.where(np.arange(len(x)) % 2, 1.0, -1.0)
    mirrored = least_squares(1 - x, y, knots)
    assert np.abs(mirrored.coefficients).max() < 1e12
    assert np.isfinite(mirrored.mse)


def test_more_knots_than_samples_do_not_blow_up_on_even_noise():
    """Claim Z10: 1500 knots on 1000 samples."""
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 1000)
    noise = 0.1 * rng.normal(size=1000)
    y = np.arctan(25 * x) + noise
    fit = least_squares(x, y, np.linspace(-1, 1, 1500))
    assert fit.rank == 1000 == np.linalg.matrix_rank(hats(fit.knots, x))
    assert fit.mse < 1e-24
    between = np.linspace(-1, 1, 20_001)
    assert np.abs(fit.predict(between) - np.arctan(25 * between)).max() < 3 * np.abs(noise).max()


def test_a_sample_beside_an_empty_element_pulls_as_hard_as_it_must():
    """A value of 1e5 is passed on from a sample at 1e-5 of an element: four samples of rank four are met."""
    x, y = np.array([0.2, 0.8, 1.00001, 2.5]), np.array([0.0, 0.0, 1.0, 0.0])
    fit = least_squares(x, y, np.arange(5.0))
    assert fit.rank == 4
    assert fit.mse < 1e-20
    np.testing.assert_allclose(fit.coefficients, [0, 0, 1e5, -1e5, -1e5], rtol=1e-6, atol=1e-6)


@given(st.integers(3, 14), st.integers(1, 20), st.integers(0, 2**32))
@settings(deadline=None, max_examples=300, database=None)
def test_samples_close_to_knots_are_fitted_as_well_as_dense_algebra_does(n, count, seed):
    """Two in five within 2e-4 of a knot; where singular values can be told from 0, the error is LAPACK's."""
    rng = np.random.default_rng(seed)
    knots = np.linspace(0, 1, n) if rng.random() < 0.5 else np.sort([0, *rng.uniform(0.01, 0.99, n - 2), 1])
    x, near = rng.uniform(0, 1, count), rng.random(count) < 0.4
    moved = rng.choice([-1, 1], count) * 10 ** rng.uniform(-5.7, -3.7, count)
    x[near] = np.clip(rng.choice(knots, count) + moved, 0, 1)[near]
    y = rng.normal(size=count)
    fit, matrix = least_squares(x, y, knots), hats(knots, x)
    left, singular, _ = np.linalg.svd(matrix, full_matrices=False)
    space = left[:, singular > 1e-13]
    if (singular[singular > 1e-13] > 1e-8).all():
        rounding = 1e-13 * np.abs(fit.coefficients).max() + 1e-9
        assert np.abs(fit.values - space @ (space.T @ y)).max() < rounding
    assert fit.gradient == pytest.approx(np.abs(matrix.T @ (matrix @ fit.coefficients - y)).max(), abs=1e-6)
    assert fit.gradient <= 1e-13 * count * (1 + np.abs(fit.coefficients).max())


@pytest.mark.parametrize("seed", range(20))
def test_more_knots_than_random_samples_keep_no_gradient(seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, 1000)
    fit = least_squares(x, rng.normal(size=1000), np.linspace(-1, 1, 1500))
    assert fit.gradient < 1e-9


@pytest.mark.parametrize("basis", ["hat", "relu"])
@pytest.mark.parametrize("ridge", [1e-3, 1e-13])
def test_a_ridge_settles_what_samples_leave_open(basis, ridge):
    """Against the dense normal equations in extended precision, gaps and all."""
    knots = np.array([0, 0.1, 0.35, 0.4, 0.8, 1.0])
    x, y = np.array([0.02, 0.07, 0.36, 0.9]), np.array([1.0, -1.0, 0.5, 2.0])
    fit = least_squares(x, y, knots, basis=basis, ridge=ridge)
    rows = np.sqrt(ridge) * np.eye(6)
    matrix = np.vstack([(hats if basis == "hat" else relus)(knots, x), rows])
    expected = np.linalg.lstsq(matrix, np.append(y, np.zeros(6)), rcond=None)[0]
    np.testing.assert_allclose(fit.values, matrix[:4] @ expected, atol=1e-8)
    np.testing.assert_allclose(fit.coefficients, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_gradient_is_the_certificate_of_every_solver(solver):
    """Near 0 at the minimiser; where half of the directions are dropped, what they would have gained."""
    x, knots = np.linspace(0, 1, 80), np.linspace(0, 1, 9)
    y = np.sin(9 * x)
    fit = least_squares(x, y, knots, solver=solver)
    assert fit.gradient < 1e-12
    if SOLVERS[solver].cut_off:
        poor = least_squares(x, y, knots, solver=solver, rcond=0.8)
        matrix = hats(knots, x)
        assert poor.rank < 9
        expected = np.abs(matrix.T @ (matrix @ poor.coefficients - y)).max()
        assert poor.gradient == pytest.approx(expected, rel=1e-9)
        assert poor.gradient > 0.01


@pytest.mark.parametrize("basis", ["hat", "relu"])
def test_a_ridge_near_rounding_takes_the_shortest_coefficients(basis):
    """One sample an element leaves a direction open that a ridge of 1e-14 decides, too little for a Cholesky factor."""
    knots, x, y = np.arange(4.0), np.array([0.5, 1.5, 2.25]), np.array([1.0, 3.0, -2.0])
    fit = least_squares(x, y, knots, basis=basis, ridge=1e-14)
    shortest = np.linalg.lstsq((hats if basis == "hat" else relus)(knots, x), y)[0]
    np.testing.assert_allclose(fit.values, y, atol=1e-9)
    np.testing.assert_allclose(fit.coefficients, shortest, rtol=1e-4, atol=1e-4)


def test_a_ridge_as_large_as_what_samples_tell_shrinks_it():
    """Two samples 1e-6 of an element apart tell a rise of 4 with S = 5e-13; a ridge of 2S, shared by two, halves it."""
    x = np.array([0.4999995, 0.5000005])
    fit = least_squares(x, 1 + 4 * (x - 0.5), [0.0, 1.0], ridge=1e-12)
    np.testing.assert_allclose(fit.coefficients, [0, 2], atol=1e-5)
