"""Products with sparse matrices, against SciPy's, and the same numbers in whatever company."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse

from nnexpr.kernels.sparse import ROWS, dense_turned, sparse_affine, together, turn, turn_back

RNG = np.random.default_rng(3)


def convolution(channels: int, size: int) -> sparse.csc_array:
    """Of 2 channels and a 3 × 3 kernel, cut at the border: its columns at one pixel take the same places."""
    entries = {}
    for out in range(channels):
        for row, column in np.ndindex(size, size):
            for below, i, j in np.ndindex(2, 3, 3):
                r, c = row + i - 1, column + j - 1
                if 0 <= r < size and 0 <= c < size:
                    place = (below * size + r) * size + c, (out * size + row) * size + column
                    entries[place] = RNG.normal()
    return sorted_columns(sparse.coo_array((list(entries.values()), tuple(zip(*entries, strict=True)))))


def sorted_columns(matrix: sparse.coo_array) -> sparse.csc_array:
    made = sparse.csc_array(matrix)
    made.sort_indices()
    return made


def product(values: np.ndarray, matrix: sparse.csc_array, bias: np.ndarray, order: np.ndarray) -> np.ndarray:
    out = np.full((len(values), matrix.shape[1]), np.nan)
    offsets, places = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    sparse_affine(values, offsets, places, matrix.data, order, bias, out)
    return out


def order_of(matrix: sparse.csc_array) -> np.ndarray:
    return together(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64))


def rectified(rows: int, inputs: int) -> np.ndarray:
    """Half of it off, much of that in all rows."""
    off = RNG.random(inputs) < 0.3
    return np.where(off, 0.0, np.maximum(RNG.normal(size=(rows, inputs)), 0.0))


@pytest.mark.parametrize("channels", [1, 3, 4, 9])
@pytest.mark.parametrize("rows", [1, ROWS, 2 * ROWS + 3])
def test_a_convolution_of_rows(channels: int, rows: int) -> None:
    matrix = convolution(channels, 5)
    values, bias = rectified(rows, matrix.shape[0]), RNG.normal(size=matrix.shape[1])
    found = product(values, matrix, bias, order_of(matrix))
    np.testing.assert_allclose(found, values @ matrix.toarray() + bias, rtol=1e-13, atol=1e-13)


def test_numbers_do_not_depend_on_their_company() -> None:
    """To the bit: not on the rows beside them, nor on which columns are raised together."""
    matrix = convolution(5, 4)
    values, bias = rectified(ROWS + 9, matrix.shape[0]), RNG.normal(size=matrix.shape[1])
    found = product(values, matrix, bias, order_of(matrix))
    alone = product(values, matrix, bias, np.arange(matrix.shape[1]))
    assert found.tobytes() == alone.tobytes()
    for row in (0, ROWS, ROWS + 8):
        assert (
            product(values[row : row + 1], matrix, bias, order_of(matrix)).tobytes() == found[row].tobytes()
        )


def test_columns_without_weights_are_their_bias() -> None:
    empty = sorted_columns(sparse.coo_array((6, 7)))
    bias = RNG.normal(size=7)
    found = product(rectified(5, 6), empty, bias, order_of(empty))
    np.testing.assert_array_equal(found, np.tile(bias, (5, 1)))


def test_columns_are_together_if_they_take_the_same_places() -> None:
    matrix = convolution(4, 5)
    order = order_of(matrix)
    columns = np.maximum(order, ~order)
    assert sorted(columns) == list(range(matrix.shape[1]))
    taken = [tuple(matrix.indices[a:b]) for a, b in itertools.pairwise(matrix.indptr)]
    for before, at in itertools.pairwise(order):
        one, other = taken[max(before, ~before)], taken[max(at, ~at)]
        assert (at < 0) == (one == other)
    assert (order >= 0).sum() == len(set(taken)) == 25


@pytest.mark.parametrize("columns", [1, 3, 4, 10])
def test_a_whole_matrix_of_a_turned_block(columns: int) -> None:
    values, weights = rectified(ROWS - 2, 50), RNG.normal(size=(50, columns))
    bias, turned, made = RNG.normal(size=columns), np.zeros((50, ROWS)), np.empty((columns, ROWS))
    turn(values, turned, 0, len(values))
    dense_turned(turned, weights, bias, made)
    found = np.empty((len(values), columns))
    turn_back(made, found, 0, len(values))
    np.testing.assert_allclose(found, values @ weights + bias, rtol=1e-13, atol=1e-13)
