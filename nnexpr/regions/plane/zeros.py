"""Where one output is zero in the plane, as polylines: on each cell a segment of its affine map's line.

The output has one value at each vertex, in the mean over its cells, so that both cells of an edge see the same
crossing. A value counts as zero if it is no more than 2^-49 of the terms that its map adds up to; a cell with corners
above and below is crossed from the one crossing or zero corner to the other. Cells that are zero throughout have no
line: they count by their outline, as far as it is not the domain's.

Cost: a pass over the corners, and as many steps as there are crossed edges.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.layer import Array, Index
from nnexpr.regions.plane.outline import chains

__all__ = ["Faces", "zero_lines"]

ZERO = 2.0**-49

Signs = NDArray[np.int8]


class Faces(NamedTuple):
    """Cells with their corners, as in ``PlaneRegions``, and the affine map of one output on each."""

    offsets: Index
    corners: Index
    slopes: Array  # (cells, 2)
    intercepts: Array  # (cells,)


def zero_lines(vertices: Array, cells: Faces, edges: Index, edge_faces: Index) -> list[Array]:
    """The polylines ``(n, 2)``; ``edges (E, 2)`` are vertices, ``edge_faces (E, 2)`` the cells beside, -1 outside."""
    values, signs = _signs(vertices, cells)
    of = np.repeat(np.arange(len(cells.intercepts)), np.diff(cells.offsets))  # the cell of each corner
    seen = [np.zeros(len(cells.intercepts), dtype=bool) for _ in range(2)]
    for place, sign in enumerate((1, -1)):
        seen[place][of[signs[cells.corners] == sign]] = True
    crossed, empty = seen[0] & seen[1], ~(seen[0] | seen[1])
    cut = np.flatnonzero(signs[edges[:, 0]] * signs[edges[:, 1]] < 0)
    low, high = values[edges[cut, 0]], values[edges[cut, 1]]
    share = (low / (low - high))[:, None]
    points = (1.0 - share) * vertices[edges[cut, 0]] + share * vertices[edges[cut, 1]]
    # The ends of a cell's segment: crossings are numbered behind the vertices.
    beside, number = edge_faces[cut].ravel(), np.repeat(len(vertices) + np.arange(len(cut)), 2)
    corner = np.flatnonzero((signs[cells.corners] == 0) & crossed[of])
    faces = np.concatenate([beside[beside >= 0], of[corner]])
    ends = np.concatenate([number[beside >= 0], cells.corners[corner]])
    together = np.concatenate([vertices, points])
    segments = np.concatenate(
        [_segments(faces, ends, together), edges[_along(signs, edges, edge_faces, empty)]]
    )
    return chains(together, np.unique(np.sort(segments, axis=1), axis=0))


def _signs(vertices: Array, cells: Faces) -> tuple[Array, Signs]:
    """The value at every vertex, and its sign but for rounding."""
    counts = np.diff(cells.offsets)
    terms = np.repeat(cells.slopes, counts, axis=0) * vertices[cells.corners]
    shifts = np.repeat(cells.intercepts, counts)
    number = np.bincount(cells.corners, minlength=len(vertices))
    values, sizes = (
        np.bincount(cells.corners, each, minlength=len(vertices)) / number
        for each in (terms.sum(axis=1) + shifts, np.abs(terms).sum(axis=1) + np.abs(shifts))
    )
    near: NDArray[np.bool_] = np.abs(values) <= ZERO * sizes
    return values, np.where(near, 0, np.sign(values)).astype(np.int8)


def _segments(faces: Index, ends: Index, points: Array) -> Index:
    """Of each cell that is crossed the two ``ends`` that are farthest apart, ``(segments, 2)``; zero corners may lie
    between.
    """
    order = np.argsort(faces, kind="stable")
    faces, ends = faces[order], ends[order]
    starts = np.flatnonzero(np.diff(faces, prepend=-1))
    found = []
    for own in np.split(ends, starts[1:]) if len(ends) else []:
        if len(own) > 2:
            apart = np.linalg.norm(points[own][:, None] - points[own], axis=2)
            own = own[list(np.unravel_index(int(apart.argmax()), apart.shape))]
        if len(own) == 2:
            found.append(own)
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _along(signs: Signs, edges: Index, edge_faces: Index, empty: NDArray[np.bool_]) -> Index:
    """Edges on which the output is zero, but those inside of where it is zero all over, or on the domain's border of
    that.
    """
    on = (signs[edges] == 0).all(axis=1)
    outside = edge_faces < 0
    zero = np.where(outside, True, empty[edge_faces])
    found: Index = np.flatnonzero(on & ~zero.all(axis=1))
    return found
