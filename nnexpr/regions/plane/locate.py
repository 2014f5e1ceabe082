"""Finding the cell of a point by walking: out of a cell through the side that the point lies farthest beyond.

Each walk begins where the last one ended, so points in the order of a raster take a few steps each. A walk that has not
arrived after many steps, which cells of almost no width can cause, is replaced by a look at every cell.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Index

__all__ = ["walk"]


@compiled
def _exit(x: float, y: float, vertices: Array, corners: Index, low: int, high: int) -> tuple[int, float]:
    """The side of the cell with corners ``low:high`` that the point lies farthest beyond, and how far; 0 if inside."""
    side, farthest = -1, 0.0
    for place in range(low, high):
        a = corners[place]
        b = corners[place + 1 if place + 1 < high else low]
        along_x, along_y = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1]
        beyond = along_y * (x - vertices[a, 0]) - along_x * (y - vertices[a, 1])
        if beyond > 0.0:
            beyond /= np.hypot(along_x, along_y)
            if beyond > farthest:
                side, farthest = place, beyond
    return side, farthest


@compiled
def walk(
    points: Array, vertices: Array, offsets: Index, corners: Index, neighbours: Index, box: Array
) -> Index:
    """The cell of each point, ``(points, 2)`` to ``(points,)``; -1 outside ``box: (2, 2)``."""
    cells = offsets.shape[0] - 1
    found = np.full(points.shape[0], -1)
    steps = 100 + 4 * int(np.sqrt(cells))
    cell = 0
    for number in range(points.shape[0]):
        x, y = points[number, 0], points[number, 1]
        if not (box[0, 0] <= x <= box[0, 1] and box[1, 0] <= y <= box[1, 1]):
            continue
        step = 0
        while step < steps:
            side, _ = _exit(x, y, vertices, corners, offsets[cell], offsets[cell + 1])
            if side < 0 or neighbours[side] < 0:
                break
            cell = neighbours[side]
            step += 1
        if step == steps:
            nearest = np.inf
            for each in range(cells):
                side, farthest = _exit(x, y, vertices, corners, offsets[each], offsets[each + 1])
                if farthest < nearest:
                    nearest, cell = farthest, each
        found[number] = cell
    return found
