"""Products of rows: those of NumPy, whatever the shape and the zeros; and each row's own, whatever lies beside it."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.kernels.rows import affine

SHAPES = [
    (rows, inputs, columns) for rows in (1, 5, 6, 13) for inputs in (1, 7, 8, 33) for columns in (1, 5, 8, 31)
]


def drawn(rows: int, inputs: int, columns: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of which a share is not zero, some inputs in no row; weights; biases."""
    rng = np.random.default_rng(rows + 100 * inputs + 10_000 * columns)
    on = (rng.random((rows, inputs)) < share) & (rng.random(inputs) < 0.5 + share)
    return rng.normal(size=(rows, inputs)) * on, rng.normal(size=(inputs, columns)), rng.normal(size=columns)


def raised(values: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    out = np.full((len(values), len(bias)), np.nan)
    affine(values, weights, bias, out)
    return out


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products_are_those_of_numpy(shape: tuple[int, int, int], share: float) -> None:
    values, weights, bias = drawn(*shape, share)
    terms = np.abs(bias) + np.abs(values) @ np.abs(weights)
    error = np.abs(raised(values, weights, bias) - (bias + values @ weights))
    assert (error <= 2.0**-52 * (shape[1] + 1) * terms).all()


@pytest.mark.parametrize("columns", [1, 5, 8, 20, 64])
def test_a_row_does_not_depend_on_the_others(columns: int) -> None:
    values, weights, bias = drawn(40, 24, columns, 0.4)
    together = raised(values, weights, bias)
    for first in range(0, 40, 3):
        assert (raised(values[first : first + 5], weights, bias) == together[first : first + 5]).all()
    assert (raised(values[::-1].copy(), weights, bias) == together[::-1]).all()


def test_what_is_not_finite_is_not_left_out() -> None:
    values, weights, bias = drawn(3, 16, 16, 0.5)
    values[1, 4], values[2, 5] = np.nan, np.inf
    made = raised(values, weights, bias)
    assert np.isfinite(made[0]).all()
    assert np.isnan(made[1]).all()
    assert np.isinf(made[2]).all()
