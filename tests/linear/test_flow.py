"""Linear gradient flow by its modes: against the matrix exponential, and where eigenvalues vanish."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from nnexpr.linear.flow import modal_flow


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
