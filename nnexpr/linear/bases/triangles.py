"""Hats on the triangles of a grid: affine on each, 1 at their own node and 0 at the others (P1 finite elements)."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.bases.base import PiecewiseLinear, Solution
from nnexpr.linear.plane import PlaneBasis, Rectangle
from nnexpr.linear.scattered import hats_condition, solve_scattered
from nnexpr.linear.triangles import Grid, grid_size
from nnexpr.specification import InputError
from nnexpr.splines.p1 import Floats

__all__ = ["Triangles"]

Array = NDArray[np.float64]


class Triangles(PlaneBasis, PiecewiseLinear):
    """Coefficients are the values at the nodes, ``knots (n, 2)``, second input fastest. The Gram matrix is sparse."""

    placements: ClassVar[tuple[str, ...]] = ("uniform",)

    def __init__(self, knots: Floats, domain: Rectangle | None = None) -> None:  # noqa: ARG002 - as the others
        """The domain is that of the nodes."""
        (left, lower), (right, upper) = knots[0], knots[-1]
        super().__init__(knots, ((left, right), (lower, upper)))

    @classmethod
    def checked(cls, knots: ArrayLike, dtype: np.dtype[np.floating]) -> Floats:
        """The nodes ``(n, 2)`` of a grid, in its order; given in any."""
        nodes: Floats = np.asarray(knots, dtype=dtype)
        if nodes.ndim != 2 or nodes.shape[1] != 2:
            raise InputError(
                "knots", f"of shape {nodes.shape}", "in the plane hats lie on nodes (x_1, x_2), one a row"
            )
        if not np.isfinite(nodes).all():
            raise InputError("knots", "not finite", "every node must be two finite numbers")
        axes = [np.unique(column) for column in nodes.T]
        grid = Grid(*axes)
        ordered = nodes[np.lexsort(nodes.T[::-1])]
        if (
            min(map(len, axes)) < 2
            or ordered.shape != grid.nodes.shape
            or not np.array_equal(ordered, grid.nodes)
        ):
            allowed = (
                f"hats need all crossings of two or more x_1 with two or more x_2, distinct in {dtype.name}"
            )
            raise InputError("knots", f"{len(nodes)} nodes", allowed)
        return ordered

    @classmethod
    def spread(cls, n: int, domain: Rectangle, generator: np.random.Generator | None, *, ends: bool) -> Array:  # noqa: ARG003
        """The nodes of the grid nearest to n with cells about as wide as high, the sides of the rectangle included."""
        (left, right), (lower, upper) = domain
        across, up = grid_size(n, right - left, upper - lower)
        return Grid(np.linspace(left, right, across), np.linspace(lower, upper, up)).nodes.astype(np.float64)

    @cached_property
    def grid(self) -> Grid:
        """The triangles."""
        step = int((self.knots[:, 0] == self.knots[0, 0]).sum())
        return Grid(self.knots[::step, 0], self.knots[:step, 1])

    def units(self, x: Floats) -> Floats:
        """The hats ``(samples, n)``; beyond the grid the outer triangles go on."""
        dense: Floats = self.grid.hats(x).matrix.toarray()
        return dense

    def polynomials(self, x: Floats) -> Floats:
        """None: hats sum to 1."""
        return np.zeros((len(x), 0), dtype=self.knots.dtype)

    def gram(self) -> tuple[Array, float]:
        """The mass matrix, exact."""
        return self.grid.mass.toarray(), 0.0

    def evaluate(self, coefficients: Floats, x: Array) -> Array:
        """By interpolation, O(log n) for each x."""
        wide = Grid(self.grid.first.astype(np.float64), self.grid.second.astype(np.float64))
        return np.asarray(wide.hats(x).matrix @ coefficients.astype(np.float64))

    def solve(self, x: Floats, y: Floats, ridge: float) -> Solution:
        """By a sparse factor; see ``nnexpr.linear.scattered``."""
        return solve_scattered(self.grid, x, y, ridge)

    def condition(self, x: Floats) -> float | None:
        """By Lanczos; None where it is not known whether the samples determine the function."""
        return hats_condition(self.grid, x)
