"""From half-edges to arrays that can be drawn and summed: the corners of every cell, its area, its intercepts; and
edges in chains.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.plane.mesh import AFTER, CELL, CELLS, ORIGIN, Mesh
from nnexpr.regions.threads import in_shares

__all__ = ["chains", "measure", "outline", "share_of"]

FEWEST = 1 << 13  # cells worth a second thread


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


def measure(
    offsets: Index, corners: Index, vertices: Array, values: Array, slopes: Array
) -> tuple[Array, Array, Array]:
    """Each cell's area, intercepts and middle: ``(cells,)``, ``(cells, outputs)``, ``(cells, 2)``.

    The area is a sum of triangles at one corner. The intercepts are what ``values: (vertices, outputs or more)`` leave
    over the gradients ``slopes: (cells, 2, outputs)``, in the mean over the corners; the middle is their mean.
    """
    cells, _, outputs = slopes.shape
    areas, intercepts, middles = np.empty(cells), np.empty((cells, outputs)), np.empty((cells, 2))

    def work(low: int, high: int) -> None:
        _measure(offsets, corners, vertices, values, slopes, areas, intercepts, middles, low, high)

    in_shares(work, cells, FEWEST)
    return areas, intercepts, middles


@compiled
def _measure(
    offsets: Index,
    corners: Index,
    vertices: Array,
    values: Array,
    slopes: Array,
    areas: Array,
    intercepts: Array,
    middles: Array,
    low: int,
    high: int,
) -> None:
    """Of the cells ``low:high``."""
    for cell in range(low, high):
        first, last = offsets[cell], offsets[cell + 1]
        share, double, middle_x, middle_y = 1.0 / (last - first), 0.0, 0.0, 0.0
        intercepts[cell] = 0.0
        x, y = vertices[corners[first], 0], vertices[corners[first], 1]
        before_x, before_y = 0.0, 0.0  # the corner before, as seen from the first
        for place in range(first, last):
            corner = corners[place]
            corner_x, corner_y = vertices[corner, 0], vertices[corner, 1]
            double += before_x * (corner_y - y) - (corner_x - x) * before_y
            before_x, before_y = corner_x - x, corner_y - y
            for each in range(slopes.shape[2]):
                along = slopes[cell, 0, each] * corner_x + slopes[cell, 1, each] * corner_y
                intercepts[cell, each] += share * (values[corner, each] - along)
            middle_x += share * corner_x
            middle_y += share * corner_y
        areas[cell], middles[cell, 0], middles[cell, 1] = 0.5 * double, middle_x, middle_y


def share_of(mesh: Mesh, some: Index | slice) -> float:
    """The share of all cells' area that ``some`` of them have."""
    offsets, corners, _ = outline(mesh)
    behind = np.append(corners[1:], 0)
    behind[offsets[1:] - 1] = corners[offsets[:-1]]  # the corner after each
    (x, y), (following_x, following_y) = mesh.points[corners].T, mesh.points[behind].T
    areas = np.add.reduceat(x * following_y - following_x * y, offsets[:-1])
    return float(areas[some].sum() / areas.sum())


def chains(vertices: Array, edges: Index) -> list[Array]:
    """Edges ``(n, 2)``, vertices by number, as polylines ``(points, 2)``: from end to end or from fork to fork, and
    round where there is neither.
    """
    meeting: defaultdict[int, list[int]] = defaultdict(list)  # the edges at each vertex
    for edge, ends in enumerate(edges.tolist()):
        for end in ends:
            meeting[end].append(edge)
    left = dict.fromkeys(range(len(edges)))
    ends_of = edges.tolist()

    def followed(start: int, edge: int) -> list[int]:
        way = [start]
        while edge in left:
            del left[edge]
            a, b = ends_of[edge]
            way.append(b if a == way[-1] else a)
            if len(meeting[way[-1]]) != 2:
                break
            one, other = meeting[way[-1]]
            edge = other if one == edge else one
        return way

    ways = [
        followed(end, edge) for end, own in meeting.items() if len(own) != 2 for edge in own if edge in left
    ]
    while left:
        edge = next(iter(left))
        ways.append(followed(ends_of[edge][0], edge))
    return [vertices[way] for way in ways]
