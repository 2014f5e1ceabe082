"""From half-edges to arrays that can be drawn and summed: the corners of every cell, its area, its intercept."""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.plane.mesh import AFTER, CELL, CELLS, ORIGIN, Mesh
from nnexpr.regions.stack import Array, Index

__all__ = ["measure", "outline"]


@compiled
def outline(mesh: Mesh) -> tuple[Index, Index, Index]:
    """``offsets: (cells + 1,)``, and for each of the places between them a corner, counter-clockwise, and the cell
    beyond the side that begins there, -1 outside.
    """
    cells = mesh.sizes[CELLS]
    offsets = np.zeros(cells + 1, dtype=np.int64)
    for cell in range(cells):
        count, side = 1, mesh.sides[mesh.first[cell], AFTER]
        while side != mesh.first[cell]:
            count += 1
            side = mesh.sides[side, AFTER]
        offsets[cell + 1] = offsets[cell] + count
    corners, neighbours = np.empty(offsets[cells], dtype=np.int64), np.empty(offsets[cells], dtype=np.int64)
    for cell in range(cells):
        side = mesh.first[cell]
        for place in range(offsets[cell], offsets[cell + 1]):
            corners[place] = mesh.sides[side, ORIGIN]
            neighbours[place] = mesh.sides[side ^ 1, CELL]
            side = mesh.sides[side, AFTER]
    return offsets, corners, neighbours


@compiled
def measure(
    offsets: Index, corners: Index, vertices: Array, values: Array, slopes: Array
) -> tuple[Array, Array, Array]:
    """Each cell's area, intercept and middle: ``(cells,)``, ``(cells,)``, ``(cells, 2)``.

    The area is a sum of triangles at one corner. The intercept is what ``values: (vertices,)`` leave over the gradient,
    in the mean over the corners; the middle is their mean.
    """
    cells = offsets.shape[0] - 1
    areas, intercepts, middles = np.zeros(cells), np.zeros(cells), np.zeros((cells, 2))
    for cell in range(cells):
        low, high = offsets[cell], offsets[cell + 1]
        x, y = vertices[corners[low], 0], vertices[corners[low], 1]
        for place in range(low, high):
            corner = corners[place]
            next_corner = corners[place + 1 if place + 1 < high else low]
            area = (vertices[corner, 0] - x) * (vertices[next_corner, 1] - y)
            areas[cell] += 0.5 * (area - (vertices[next_corner, 0] - x) * (vertices[corner, 1] - y))
            slope_part = slopes[cell, 0] * vertices[corner, 0] + slopes[cell, 1] * vertices[corner, 1]
            intercepts[cell] += (values[corner] - slope_part) / (high - low)
            middles[cell, 0] += vertices[corner, 0] / (high - low)
            middles[cell, 1] += vertices[corner, 1] / (high - low)
    return areas, intercepts, middles
