"""The cells of a planar subdivision as half-edges, in flat arrays that compiled code may fill.

Edge e is the half-edges 2e and 2e + 1, one for each side: half-edge h runs from ``origin[h]`` to ``origin[h ^ 1]`` with
its cell on the left, and ``after[h]``, ``before[h]`` are its neighbours around that cell (Muller and Preparata 1978).
Splitting an edge or a cell touches a handful of entries and moves none.

A line is one kink of one unit. Each vertex keeps on which side of every line of the current layer it lies, one bit a
line: set in ``above`` or in ``below``, or in neither where it is *on* the line. A cell's bits are those of its corners
together, so a cell has corners on both sides of line 64 w + i iff bit i of ``cell_above[w] & cell_below[w]`` is set.

Memory: 80 + lines / 4 bytes a cell and 24 + 8 units + lines / 4 bytes a vertex, of which there are as many; arrays grow
by half, and the old ones stay until the new ones are filled.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELLS", "EDGES", "TIES", "TWICE", "VERTICES", "WORD", "Mesh", "box", "grown", "with_values"]

WORD = 64  # bits of one word of signs
VERTICES, EDGES, CELLS, TIES, TWICE = range(5)  # the places in ``Mesh.sizes``
SMALLEST = 256  # cells that there is room for from the start

Array = NDArray[np.float64]
Index = NDArray[np.int32]
Bits = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


class Mesh(NamedTuple):
    """Arrays with room to grow; ``sizes`` says how much of them is in use."""

    sizes: NDArray[np.int64]  # vertices, edges, cells, ties, cells that a line crosses twice
    points: Array  # (vertices, 2)
    doubts: Array  # (vertices,) how far a vertex may be from where it ought to be, by rounding
    values: Array  # (vertices, units) of the current layer
    above: Bits  # (vertices, words)
    below: Bits
    origin: Index  # (2 edges,)
    after: Index
    before: Index
    cell: Index  # -1 outside
    layers: Index  # (edges,) the layer that made the edge, 0 for the box
    first: Index  # (cells,) one half-edge of each
    parents: Index  # (cells,) the cell of the layer below
    cell_above: Bits  # (cells, words)
    cell_below: Bits


def box(domain: tuple[tuple[float, float], tuple[float, float]]) -> Mesh:
    """One cell, the rectangle; its values are the coordinates themselves."""
    (left, right), (bottom, top) = domain
    corners = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    ring = np.arange(4)
    inside, outside = 2 * ring, 2 * ring + 1
    origin, after, before, cell = (np.empty(8, dtype=np.int32) for _ in range(4))
    origin[inside], origin[outside] = ring, (ring + 1) % 4
    after[inside], before[inside] = np.roll(inside, -1), np.roll(inside, 1)
    after[outside], before[outside] = np.roll(outside, 1), np.roll(outside, -1)
    cell[inside], cell[outside] = 0, -1
    none = np.zeros((4, 0), dtype=np.int64)
    sizes = np.array([4, 4, 1, 0, 0])
    one, edges = np.zeros(1, dtype=np.int32), np.zeros(4, dtype=np.int32)
    small = Mesh(
        sizes, corners, np.zeros(4), corners.copy(), none, none, origin, after, before, cell, edges, one, one,
        none[:1], none[:1],
    )  # fmt: skip
    return grown(small)


def grown(mesh: Mesh) -> Mesh:
    """The same with room for half as many cells again, and the vertices and edges that go with them."""
    room = max(SMALLEST, 3 * int(mesh.sizes[CELLS]) // 2)
    vertices = max(room + SMALLEST, 5 * int(mesh.sizes[VERTICES]) // 4)
    edges = max(2 * room + SMALLEST, 5 * int(mesh.sizes[EDGES]) // 4)
    return mesh._replace(
        points=_enlarged(mesh.points, vertices),
        doubts=_enlarged(mesh.doubts, vertices),
        values=_enlarged(mesh.values, vertices),
        above=_enlarged(mesh.above, vertices),
        below=_enlarged(mesh.below, vertices),
        origin=_enlarged(mesh.origin, 2 * edges),
        after=_enlarged(mesh.after, 2 * edges),
        before=_enlarged(mesh.before, 2 * edges),
        cell=_enlarged(mesh.cell, 2 * edges),
        layers=_enlarged(mesh.layers, edges),
        first=_enlarged(mesh.first, room),
        parents=_enlarged(mesh.parents, room),
        cell_above=_enlarged(mesh.cell_above, room),
        cell_below=_enlarged(mesh.cell_below, room),
    )


def _enlarged(array: NDArray[Number], rows: int) -> NDArray[Number]:
    if len(array) >= rows:
        return array
    larger = np.empty((rows, *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


def with_values(mesh: Mesh, values: Array, lines: int) -> Mesh:
    """The mesh for a layer of so many lines whose pre-activations at the vertices are ``values``; no bit is set."""
    words = -(-lines // WORD)
    room, cells = len(mesh.points), len(mesh.first)
    above, below = np.zeros((room, words), dtype=np.int64), np.zeros((room, words), dtype=np.int64)
    parents = np.arange(cells, dtype=np.int32)
    cell_above, cell_below = (
        np.zeros((cells, words), dtype=np.int64),
        np.zeros((cells, words), dtype=np.int64),
    )
    return mesh._replace(
        values=values, above=above, below=below, parents=parents, cell_above=cell_above, cell_below=cell_below
    )
