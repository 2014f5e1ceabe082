"""The Gram matrices of the rows of many matrices at once, lower triangles only."""

from __future__ import annotations

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.products import add_dots
from nnexpr.kernels.types import Numbers

__all__ = ["add_grams"]

BAND = 32  # rows that are taken up to their last column: what lies above the diagonal in a band is computed in vain


@compiled
def add_grams(matrices: Numbers, rows: Numbers, members: int, size: int, points: int) -> None:
    """``matrices[m] += rows[m] rows[m]^T`` for ``rows: (members, size, points)``, both flat.

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
