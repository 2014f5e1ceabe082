"""Linear finite elements (P1) on a grid of right triangles: where a point lies, sparse sums over samples, ∫ and ∫ ∇·∇.

The grid is the product of knots on either axis, each of its rectangles cut by the diagonal from its lower to its
upper corner. Nodes are numbered with the second input fastest, as :func:`nnexpr.targets.sampling.regular_grid`
numbers points; the hat of a node is 1 there, 0 at the others and affine on each triangle, so coefficients are values
at the nodes and a point touches three of them. A point is found by its place on either axis, O(log n); a finder for
any mesh (scikit-fem's compares a point with all triangles) would take minutes for what takes a tenth of a second
here. The mass and stiffness matrices are assembled by scikit-fem, which is imported when they are first asked for.

Source: D. Braess, *Finite Elements*, §II.5 (linear triangles).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from nnexpr.splines.p1 import Floats, locate

__all__ = ["Grid", "TriangleHats", "grid_size"]

Array = NDArray[np.float64]


def grid_size(n: int, width: float, height: float) -> tuple[int, int]:
    """How many knots on either axis: about n nodes in all, cells about as wide as high; at least two each way."""
    across = max(2, round((n * width / height) ** 0.5))
    across = min(across, max(2, n // 2))
    return across, max(2, round(n / across))


@dataclass(frozen=True, eq=False)
class Grid:
    """Knots ``first (k,)`` and ``second (l,)`` on the two axes, ascending, of one dtype."""

    first: Floats
    second: Floats

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.first) * len(self.second)

    @cached_property
    def nodes(self) -> Floats:
        """``(n, 2)``."""
        return np.stack(np.meshgrid(self.first, self.second, indexing="ij"), axis=-1).reshape(-1, 2)

    @cached_property
    def triangles(self) -> NDArray[np.intp]:
        """The nodes of each triangle, anticlockwise: ``(2 (k − 1) (l − 1), 3)``, of a rectangle the lower one first."""
        step = len(self.second)
        corner = (np.arange(len(self.first) - 1)[:, None] * step + np.arange(step - 1)).ravel()
        lower = np.stack([corner, corner + step, corner + step + 1], axis=1)
        upper = np.stack([corner, corner + step + 1, corner + 1], axis=1)
        return np.stack([lower, upper], axis=1).reshape(-1, 3)

    def hats(self, x: Floats) -> TriangleHats:
        """The hats at x ``(m, 2)``; beyond the grid the outer triangles go on."""
        (i, s), (j, t) = locate(self.first, x[:, 0]), locate(self.second, x[:, 1])
        above = t > s
        triangle = 2 * (i * (len(self.second) - 1) + j) + above
        middle = np.where(above, s, s - t)  # of the triangle's second node
        last = np.where(above, t - s, t)
        return TriangleHats(triangle, np.stack([1 - np.maximum(s, t), middle, last], axis=1), self)

    @cached_property
    def mass(self) -> Any:
        """∫ φ_i φ_j, sparse ``(n, n)``, float64."""
        from skfem.models.poisson import mass

        return mass.assemble(self._elements())

    @cached_property
    def stiffness(self) -> Any:
        """∫ ∇φ_i · ∇φ_j, sparse ``(n, n)``, float64: cᵀ(stiffness)c is the energy ∫ |∇f|²."""
        from skfem.models.poisson import laplace

        return laplace.assemble(self._elements())

    def _elements(self) -> Any:
        """scikit-fem's, with the nodes numbered as here."""
        from skfem import Basis, ElementTriP1, MeshTri

        nodes = np.ascontiguousarray(self.nodes.T, dtype=np.float64)
        return Basis(MeshTri(nodes, np.ascontiguousarray(self.triangles.T)), ElementTriP1())


@dataclass(frozen=True, eq=False)
class TriangleHats:
    """The hats at samples: each one's triangle ``(m,)`` and the three hats there ``(m, 3)``; sums in their dtype."""

    triangle: NDArray[np.intp]
    weights: Floats
    grid: Grid

    @cached_property
    def matrix(self) -> Any:
        """``(m, n)``, sparse, three entries a row."""
        columns = self.grid.triangles[self.triangle].ravel()
        rows = np.arange(0, 3 * len(self.triangle) + 1, 3)
        shape = len(self.triangle), self.grid.size
        return scipy.sparse.csr_array((self.weights.ravel(), columns, rows), shape=shape)

    @cached_property
    def transposed(self) -> Any:
        """``(n, m)``, row by row."""
        return self.matrix.T.tocsr()
