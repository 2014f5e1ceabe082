"""Matrix products of any size, put together from tiles. Points come in multiples of ``BLOCK_BYTES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnexpr.kernels.compiled import Numbers, compiled, inlined
from nnexpr.kernels.tiles import DOT_TILES, dots, product

__all__ = ["add_dots", "add_grams", "multiply"]

BAND = 32  # rows that are taken up to their last column: what lies above the diagonal in a band is computed in vain


def _largest(tiles: Mapping[int, Callable[..., None]]) -> Callable[..., int]:
    """``tile(left, *arguments)``, compiled into its callers: calls the largest of at most ``left`` rows; how many.

    ``tiles`` are by their rows, or columns; there is one of 1.
    """
    size = max(tiles)
    largest = tiles[size]

    @inlined
    def always(_: int, *arguments: Any) -> int:
        largest(*arguments)
        return size

    if size == 1:
        return always
    smaller = _largest({each: tiles[each] for each in tiles if each < size})

    @inlined
    def where_it_fits(left: int, *arguments: Any) -> int:
        if left < size:
            return smaller(left, *arguments)
        largest(*arguments)
        return size

    return where_it_fits


def _strip(rows: int) -> Callable[..., None]:
    """As many rows of G += D A^T as a tile has, at all columns."""
    tile = _largest({columns: dots[rows, columns] for columns in DOT_TILES})

    @inlined
    def strip(
        g: Numbers, g0: int, g_row: int, d: Numbers, d0: int, a: Numbers, a0: int, stride: int, columns: int,
        points: int,
    ) -> None:  # fmt: skip
        k = 0
        while k < columns:
            k += tile(columns - k, g, g0 + k, g_row, d, d0, a, a0 + k * stride, stride, points)

    return strip


_product = _largest(product)
_dots = _largest({rows: _strip(rows) for rows in DOT_TILES})


@compiled
def multiply(
    c: Numbers, c0: int, w: Numbers, w0: int, w_row: int, w_column: int, a: Numbers, a0: int, stride: int,
    rows: int, inner: int, points: int, lanes: int,
) -> None:  # fmt: skip
    """C = W A: ``c[c0 + r stride + p] = sum over k of w[w0 + r w_row + k w_column] a[a0 + k stride + p]``.

    ``lanes``: points of one tile; ``points`` is a multiple of it. C overlaps neither W nor A.
    """
    for p in range(0, points, lanes):
        r = 0
        while r < rows:
            out, weights = c0 + r * stride + p, w0 + r * w_row
            r += _product(rows - r, c, out, w, weights, w_row, w_column, a, a0 + p, stride, inner)


@compiled
def add_dots(
    g: Numbers, g0: int, g_row: int, d: Numbers, d0: int, a: Numbers, a0: int, stride: int, rows: int,
    columns: int, points: int,
) -> None:  # fmt: skip
    """G += D A^T: ``g[g0 + r g_row + k] += sum over p of d[d0 + r stride + p] a[a0 + k stride + p]``."""
    r = 0
    while r < rows:
        at, deltas = g0 + r * g_row, d0 + r * stride
        r += _dots(rows - r, g, at, g_row, d, deltas, a, a0, stride, columns, points)


@compiled
def add_grams(matrices: Numbers, rows: Numbers, members: int, size: int, points: int) -> None:
    """``matrices[m] += rows[m] rows[m]^T``, lower triangles, for ``rows: (members, size, points)``, both flat.

    ``points`` is a multiple of a vector. Above the diagonal of a band of rows nothing is written.
    """
    for member in range(members):
        g0, a0 = member * size * size, member * size * points
        for first in range(0, size, BAND):
            last = min(first + BAND, size)
            add_dots(
                matrices, g0 + first * size, size, rows, a0 + first * points, rows, a0,
                points, last - first, last, points,
            )  # fmt: skip
