"""The cells of a planar subdivision as half-edges, in flat arrays that compiled code may fill.

Edge e is the half-edges 2e and 2e + 1, one for each side: half-edge h runs from its origin to that of h ^ 1 with its
cell on the left, and has neighbours after and before it around that cell (Muller and Preparata 1978). Splitting an edge
or a cell touches a handful of entries and moves none.

A line is one kink of one unit. Each vertex keeps on which side of every line of the current layer it lies, one bit a
line: set among those above or among those below, or in neither where it is *on* the line. A cell's bits are those of
its corners together, so a cell has corners on both sides of line 64 w + i iff bit i of word w is set in both.
Every kink has words of its own, one bit for each unit.

Memory: 80 + lines / 4 bytes a cell and 24 + 8 units + lines / 4 bytes a vertex, of which there are as many; arrays
grow, and the old ones stay until the new ones are filled; they are kept from layer to layer as far as they fit.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD
from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Bends, Index, pieces_of, room

__all__ = [
    "ABOVE",
    "AFTER",
    "BEFORE",
    "BELOW",
    "CELL",
    "CELLS",
    "EDGES",
    "ORIGIN",
    "TIES",
    "TWICE",
    "VERTICES",
    "Bits",
    "Lines",
    "Mesh",
    "Narrow",
    "box",
    "corners_of",
    "grown",
    "lines_of",
    "renumber",
    "with_lines",
]

ORIGIN, AFTER, BEFORE, CELL = range(4)  # the places in a row of ``Mesh.sides``
ABOVE, BELOW = range(2)
VERTICES, EDGES, CELLS, TIES, TWICE = range(5)  # the places in ``Mesh.sizes``
SMALLEST = 256  # cells that there is room for from the start
GROWTH = 32  # the system gives memory only to what is written: ample room costs less than copying

Narrow = NDArray[np.int32]  # indices
Bits = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


class Lines(NamedTuple):
    """What the words of bits of a layer's lines stand for: a run of units and one of its kinks."""

    firsts: Index  # (words,) the unit of the lowest bit
    counts: Index  # (words,) how many units have one
    kinks: Array  # (words,)
    rooms: Array  # (words,) how near to the kink counts as on it at most
    groups: (
        Index  # (kinks of runs, 4) the first unit, the one behind the last, the first word, how many words
    )


class Mesh(NamedTuple):
    """Arrays with room to grow; ``sizes`` says how much of them is in use."""

    sizes: NDArray[np.int64]  # vertices, edges, cells, ties, cells that a line crosses twice
    points: Array  # (vertices, 2)
    doubts: Array  # (vertices,) how far a vertex may be from where it ought to be, by rounding
    values: Array  # (vertices, units) of the current layer
    bits: Bits  # (vertices, 2, words) ABOVE and BELOW the lines
    sides: Narrow  # (2 edges, 4) the ORIGIN of each half-edge, the ones AFTER and BEFORE, and the CELL, -1 outside
    layers: Narrow  # (edges,) the layer that made the edge, 0 for the box
    first: Narrow  # (cells,) one half-edge of each
    parents: Narrow  # (cells,) the cell of the layer below
    cell_bits: Bits  # (cells, 2, words)


def corners_of(domain: tuple[tuple[float, float], tuple[float, float]]) -> Array:
    """Of the rectangle, counter-clockwise, ``(4, 2)``."""
    (left, right), (bottom, top) = domain
    return np.array([[left, bottom], [right, bottom], [right, top], [left, top]])


def box(corners: Array, values: Array) -> Mesh:
    """One cell, the rectangle, with ``values (4, n)`` at its corners."""
    ring = np.arange(4)
    inside, outside = 2 * ring, 2 * ring + 1
    sides = np.empty((8, 4), dtype=np.int32)
    sides[inside, ORIGIN], sides[outside, ORIGIN] = ring, (ring + 1) % 4
    sides[inside, AFTER], sides[inside, BEFORE] = np.roll(inside, -1), np.roll(inside, 1)
    sides[outside, AFTER], sides[outside, BEFORE] = np.roll(outside, 1), np.roll(outside, -1)
    sides[inside, CELL], sides[outside, CELL] = 0, -1
    small = Mesh(
        sizes=np.array([4, 4, 1, 0, 0]),
        points=corners,
        doubts=np.zeros(4),
        values=values.copy(),
        bits=np.zeros((4, 2, 0), dtype=np.int64),
        sides=sides,
        layers=np.zeros(4, dtype=np.int32),
        first=np.zeros(1, dtype=np.int32),
        parents=np.zeros(1, dtype=np.int32),
        cell_bits=np.zeros((1, 2, 0), dtype=np.int64),
    )
    return grown(small)


def grown(mesh: Mesh) -> Mesh:
    """The same with room for many times as many cells, and the vertices and edges that go with them."""
    cells = max(SMALLEST, GROWTH * int(mesh.sizes[CELLS]))
    vertices = max(cells + SMALLEST, GROWTH * int(mesh.sizes[VERTICES]))
    edges = max(2 * cells + SMALLEST, GROWTH * int(mesh.sizes[EDGES]))
    return mesh._replace(
        points=_enlarged(mesh.points, vertices),
        doubts=_enlarged(mesh.doubts, vertices),
        values=_enlarged(mesh.values, vertices),
        bits=_enlarged(mesh.bits, vertices),
        sides=_enlarged(mesh.sides, 2 * edges),
        layers=_enlarged(mesh.layers, edges),
        first=_enlarged(mesh.first, cells),
        parents=_enlarged(mesh.parents, cells),
        cell_bits=_enlarged(mesh.cell_bits, cells),
    )


def _enlarged(array: NDArray[Number], rows: int) -> NDArray[Number]:
    if len(array) >= rows:
        return array
    larger = np.empty((rows, *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@compiled
def lines_of(bends: Bends) -> Lines:
    """The lines of a layer: words for each kink of each run of units."""
    words, sets = 0, 0
    for first, end, kinks in bends.runs:
        words += kinks * -(-(end - first) // WORD)
        sets += kinks
    groups, group = np.empty((sets, 4), dtype=np.int64), 0
    firsts, counts = np.empty(words, dtype=np.int64), np.empty(words, dtype=np.int64)
    kinks_of, rooms, word = np.empty(words), np.empty(words), 0
    for run in range(len(bends.runs)):
        kinks = pieces_of(bends, run)[0]
        for kink in kinks:
            groups[group, 0], groups[group, 1] = bends.runs[run, 0], bends.runs[run, 1]
            groups[group, 2], groups[group, 3] = word, -(-(bends.runs[run, 1] - bends.runs[run, 0]) // WORD)
            group += 1
            for first in range(bends.runs[run, 0], bends.runs[run, 1], WORD):
                firsts[word], counts[word] = first, min(WORD, bends.runs[run, 1] - first)
                kinks_of[word], rooms[word] = kink, room(kinks)
                word += 1
    return Lines(firsts, counts, kinks_of, rooms, groups)


def with_lines(mesh: Mesh, numbers: int, words: int) -> Mesh:
    """The mesh for the next layer: room for its numbers and its lines' bits, and every cell its own parent."""
    vertices, cells = len(mesh.points), len(mesh.first)
    mesh.parents[: mesh.sizes[CELLS]] = np.arange(mesh.sizes[CELLS])
    if mesh.values.shape[1] != numbers:
        mesh = mesh._replace(values=np.empty((vertices, numbers)))
    if mesh.bits.shape[2] != words:
        bits, cell_bits = (np.empty((rows, 2, words), dtype=np.int64) for rows in (vertices, cells))
        mesh = mesh._replace(bits=bits, cell_bits=cell_bits)
    return mesh


@compiled
def renumber(mesh: Mesh, order: Index) -> None:
    """Give every cell the number of its place in ``order: (cells,)``, all but its bits and parent."""
    first, places = mesh.first[: len(order)].copy(), np.empty(len(order), dtype=np.int32)
    for place in range(len(order)):
        places[order[place]] = place
        mesh.first[place] = first[order[place]]
    for side in range(2 * mesh.sizes[EDGES]):
        cell = mesh.sides[side, CELL]
        if cell >= 0:
            mesh.sides[side, CELL] = places[cell]
