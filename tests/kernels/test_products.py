"""Tiles of matrix products against NumPy, at every size up to beyond the largest tile."""

from __future__ import annotations

import numpy as np
import pytest

from nnexpr.kernels.products import add_dots, add_grams, multiply
from nnexpr.kernels.tiles import BLOCK_BYTES

SIZES = [*range(1, 19), 33]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_are_numpys(dtype: type) -> None:
    lanes = BLOCK_BYTES // np.dtype(dtype).itemsize
    generator = np.random.default_rng(0)
    tolerance = 100 * np.finfo(dtype).eps
    for rows in SIZES:
        for inner in (1, 2, 5, 16, 33):
            points = lanes * (1 + (rows + inner) % 3)
            w = generator.standard_normal((rows, inner)).astype(dtype)
            a = generator.standard_normal((inner, points)).astype(dtype)
            # Beside the result lies what must not be touched.
            c = np.full((rows + 2) * points, 7.0, dtype)
            multiply(c, points, w.ravel(), 0, inner, 1, a.ravel(), 0, points, rows, inner, points, lanes)
            np.testing.assert_allclose(
                c.reshape(rows + 2, points)[1:-1], w @ a, rtol=tolerance, atol=tolerance
            )
            assert (c[:points] == 7).all()
            assert (c[-points:] == 7).all()
            turned = np.ascontiguousarray(w.T)
            multiply(c, points, turned.ravel(), 0, 1, rows, a.ravel(), 0, points, rows, inner, points, lanes)
            np.testing.assert_allclose(
                c.reshape(rows + 2, points)[1:-1], w @ a, rtol=tolerance, atol=tolerance
            )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dots_are_numpys_and_add(dtype: type) -> None:
    lanes = BLOCK_BYTES // np.dtype(dtype).itemsize
    generator = np.random.default_rng(1)
    tolerance = 1000 * np.finfo(dtype).eps
    for rows in SIZES:
        for columns in SIZES:
            points = lanes * (1 + (rows + columns) % 4)
            d = generator.standard_normal((rows, points)).astype(dtype)
            a = generator.standard_normal((columns, points)).astype(dtype)
            g = generator.standard_normal((rows + 2) * columns).astype(dtype)
            before = g.reshape(rows + 2, columns).copy()
            add_dots(g, columns, columns, d.ravel(), 0, a.ravel(), 0, points, rows, columns, points)
            after = g.reshape(rows + 2, columns)
            np.testing.assert_allclose(after[1:-1] - before[1:-1], d @ a.T, rtol=tolerance, atol=tolerance)
            assert (after[[0, -1]] == before[[0, -1]]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 5, 32, 33, 70])
def test_grams_are_numpys_and_add(size: int, dtype: type) -> None:
    """On and below the diagonal, for each member; beyond the last column of a band of 32 rows nothing is written."""
    points = 3 * BLOCK_BYTES // np.dtype(dtype).itemsize
    generator = np.random.default_rng(size)
    rows = generator.standard_normal((3, size, points)).astype(dtype)
    before = generator.standard_normal((3, size, size)).astype(dtype)
    after = before.copy()
    add_grams(after.reshape(-1), rows.reshape(-1), 3, size, points)
    tolerance = 1000 * np.finfo(dtype).eps
    lower = np.tri(size, dtype=bool)
    expected = rows @ rows.transpose(0, 2, 1)
    np.testing.assert_allclose((after - before)[:, lower], expected[:, lower], rtol=tolerance, atol=tolerance)
    beyond = np.arange(size)[None, :] >= (np.arange(size)[:, None] // 32 + 1) * 32
    assert (after[:, beyond] == before[:, beyond]).all()
