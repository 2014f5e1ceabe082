"""Matrix products of any size, put together from tiles. Points come in multiples of ``BLOCK_BYTES``."""

from __future__ import annotations

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.tiles import PRODUCT_ROWS, dots, product
from nnexpr.kernels.types import Numbers

__all__ = ["add_dots", "multiply"]

_MOST = PRODUCT_ROWS[0]
_product_1, _product_2, _product_3, _product_4 = (product[rows] for rows in (1, 2, 3, 4))
_product_5, _product_6, _product_8 = (product.get(rows, product[4]) for rows in (5, 6, 8))
_side = 4 if (4, 4) in dots else 2
_dots_whole, _dots_tall, _dots_flat = dots[_side, _side], dots[_side, 1], dots[1, _side]
_dots_tall_2, _dots_flat_2 = dots[_side, 2], dots[2, _side]
_dots_22, _dots_21, _dots_12, _dots_11 = dots[2, 2], dots[2, 1], dots[1, 2], dots[1, 1]


@compiled
def multiply(
    c: Numbers,
    c0: int,
    w: Numbers,
    w0: int,
    w_row: int,
    w_column: int,
    a: Numbers,
    a0: int,
    stride: int,
    rows: int,
    inner: int,
    points: int,
    lanes: int,
) -> None:
    """C = W A: ``c[c0 + r stride + p] = sum over k of w[w0 + r w_row + k w_column] a[a0 + k stride + p]``.

    ``lanes``: points of one tile; ``points`` is a multiple of it. C overlaps neither W nor A.
    """
    for p in range(0, points, lanes):
        r = 0
        while r < rows:
            left = rows - r
            out, weights, values = c0 + r * stride + p, w0 + r * w_row, a0 + p
            if _MOST >= 8 and left >= 8:
                _product_8(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 8
            elif _MOST >= 8 and left == 6:
                _product_6(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 6
            elif _MOST >= 8 and left == 5:
                _product_5(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 5
            elif left >= 4:
                _product_4(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 4
            elif left == 3:
                _product_3(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 3
            elif left == 2:
                _product_2(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 2
            else:
                _product_1(c, out, w, weights, w_row, w_column, a, values, stride, inner)
                r += 1


@compiled
def add_dots(
    g: Numbers,
    g0: int,
    g_row: int,
    d: Numbers,
    d0: int,
    a: Numbers,
    a0: int,
    stride: int,
    rows: int,
    columns: int,
    points: int,
) -> None:
    """G += D A^T: ``g[g0 + r g_row + k] += sum over p of d[d0 + r stride + p] a[a0 + k stride + p]``."""
    r = 0
    while r < rows:
        tall = _side if rows - r >= _side else (2 if rows - r >= 2 else 1)
        k = 0
        while k < columns:
            wide = _side if columns - k >= _side else (2 if columns - k >= 2 else 1)
            at, delta, value = g0 + r * g_row + k, d0 + r * stride, a0 + k * stride
            if tall == _side:
                if wide == _side:
                    _dots_whole(g, at, g_row, d, delta, a, value, stride, points)
                elif wide == 2:
                    _dots_tall_2(g, at, g_row, d, delta, a, value, stride, points)
                else:
                    _dots_tall(g, at, g_row, d, delta, a, value, stride, points)
            elif tall == 2:
                if wide == _side:
                    _dots_flat_2(g, at, g_row, d, delta, a, value, stride, points)
                elif wide == 2:
                    _dots_22(g, at, g_row, d, delta, a, value, stride, points)
                else:
                    _dots_21(g, at, g_row, d, delta, a, value, stride, points)
            elif wide == _side:
                _dots_flat(g, at, g_row, d, delta, a, value, stride, points)
            elif wide == 2:
                _dots_12(g, at, g_row, d, delta, a, value, stride, points)
            else:
                _dots_11(g, at, g_row, d, delta, a, value, stride, points)
            k += wide
        r += tall
