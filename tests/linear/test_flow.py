"""Linear gradient flow by its modes: against the matrix exponential, and where eigenvalues vanish."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from nnexpr.linear.flow import halving_time, modal_flow


def test_modes_move_as_the_matrix_exponential_says():
    """d/dt (a, 1) = ((−G, f), (0, 0)) (a, 1)."""
    rng = np.random.default_rng(0)
    half = rng.normal(size=(6, 6))
    gram, load, start = half @ half.T, rng.normal(size=6), rng.normal(size=6)
    eigenvalues, modes = np.linalg.eigh(gram)
    whole = np.zeros((7, 7))
    whole[:6, :6], whole[:6, 6] = -gram, load
    times = np.array([0.0, 0.1, 1.0, 7.0])
    moved = modal_flow(eigenvalues, modes.T @ load, modes.T @ start, times) @ modes.T
    expected = [(expm(whole * t) @ np.append(start, 1.0))[:6] for t in times]
    np.testing.assert_allclose(moved, expected, atol=1e-11)


def test_a_mode_without_an_eigenvalue_goes_straight_on_and_one_with_hardly_any_too():
    moved = modal_flow([0.0, 1e-300, 1e-18], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0], [0.0, 3.0])
    np.testing.assert_allclose(moved, [[1, 1, 1], [7, 7, 7]], rtol=1e-15)


def test_in_the_end_it_is_the_solution():
    np.testing.assert_allclose(
        modal_flow([4.0, 0.5], [2.0, 1.0], [9.0, -9.0], [1e4]), [[0.5, 2.0]], rtol=1e-15
    )


def test_one_mode_is_halved_at_ln_2_over_its_eigenvalue_however_small():
    for eigenvalue in (1e-250, 1e-9, 1.0, 3e7):
        expected = np.log(2) / eigenvalue
        assert halving_time([eigenvalue, 5.0], [0.3, 0.0]) == pytest.approx(expected, rel=1e-11)


def test_two_modes_of_which_one_is_twice_as_fast_are_halved_where_a_quadratic_is():
    """x = e^(−t) with x² + x = 1: the golden ratio's inverse."""
    assert halving_time([1.0, 2.0], [1.0, 1.0]) == pytest.approx(np.log((1 + 5**0.5) / 2), rel=1e-11)


def test_what_never_moves_is_left():
    assert halving_time([0.0, 1.0], [1.0, 1.0]) == np.inf
    assert halving_time([0.0, 0.0], [1.0, 0.0]) == np.inf
    assert halving_time([0.0, 2.0], [0.9, 1.1]) == pytest.approx(
        np.log(11) / 2, rel=1e-11
    )  # 0.9 + 1.1/11 = 1
    nearly = 1 - 1e-12  # the moving part has to fade by far more than half
    assert halving_time([0.0, 1.0], [nearly, 1.0]) == pytest.approx(np.log(2e12), rel=1e-3)
