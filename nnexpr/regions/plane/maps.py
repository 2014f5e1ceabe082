"""The affine map of every cell, and which neighbouring cells share one.

The gradient on a cell is a product of the layers' weights, each unit scaled by the slope of the piece it is on; no
difference of values enters, so it has its digits however thin the cell is. A layer's pre-activations have one gradient
on each cell *below* the layer, shared by all cells that the layer cuts from it. Cells so form a tree, which is
descended in blocks of rows that stay in the cache: one matrix product a layer for a block, a block a layer in memory.

Cost: two forward passes for each cell below the last hidden layer. Error: the rounding of the products.

Neighbours are joined to one linear region if their gradients agree, in both axes, to the rounding of both, with

    rounding = eps sum_l (n_l + 1) (sum |w||g'| + sqrt(sum w^2 sigma(g')^2))

w the output's weights, g' the gradients of the last hidden layer, n_l the widths and eps = 2^-52: continuous functions
with equal gradients on both sides of an edge are one map. sigma(g') is what rounding has left in g' of terms that
cancel in the layers below, as on the line (``line/ties.py``). It doubles the work, and is carried only if some
component of a hidden gradient is not zero but within 2^-26 ||w|| ||g'|| of it. On the line a bend is judged by the
units that make it; here weak bends beside steep maps are not told from none. Edges joined though g' differs are
counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import put
from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.kernels.rows import affine
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits, Narrow
from nnexpr.regions.stack import Array, Index, Layer
from nnexpr.regions.threads import in_shares

__all__ = ["gradients", "join"]

BLOCK = 1 << 17  # numbers in a block of gradients: 1 MiB
FEWEST = 1 << 13  # cells worth a second thread
CANCELLED = 2.0**-26

Family = tuple[Narrow, Narrow]  # the cells in order of their parents: see ``_families``
# Cells, the gradients (cells, 2, units) of a layer's values on them, and what rounding has left in those, squared.
Block = tuple[Narrow, Array, Array]


class _Cancelling(Exception):
    """Some component of a gradient is not zero, but next to nothing beside its terms."""


def gradients(layers: list[Layer], sides: list[Sides]) -> tuple[Array, Array, Index]:
    """The output's gradient on every cell and the rounding of each component, both ``(cells, 2)``.

    Also a number for each cell, ``(cells,)``, the same where the gradients that the output is made of are the same.
    """
    try:
        return _gradients(layers, sides, careful=False)
    except _Cancelling:
        return _gradients(layers, sides, careful=True)


def _gradients(layers: list[Layer], sides: list[Sides], *, careful: bool) -> tuple[Array, Array, Index]:
    hidden, weights = layers[:-1], layers[-1].weights[:, 0].copy()
    below = [1, *(len(each.parents) for each in sides)]
    families = [_families(each.parents, count) for each, count in zip(sides, below, strict=False)]
    slopes, sums, marks = np.empty((below[-1], 2)), np.empty((below[-1], 2)), np.empty(below[-1], np.int64)

    def work(low: int, high: int) -> None:
        for found, block, blurs in _descend(hidden, sides, families, low, high, careful):
            _sum(block, blurs, careful, weights, found, slopes, sums)
            _mark(block, block.view(np.int64), weights, found, marks)

    lowest = below[min(1, len(sides))]
    in_shares(work, lowest, 1 + lowest * FEWEST // below[-1])
    terms = sum(len(layer.weights) + 1 for layer in layers)
    return slopes, np.finfo(np.float64).eps * terms * sums, marks


@compiled_loosely
def _sum(
    block: Array, blurs: Array, careful: bool, weights: Array, cells: Narrow, slopes: Array, sums: Array
) -> None:
    """The output's gradients, and the sums of the sizes of their terms, into the rows ``cells``."""
    for place in range(len(cells)):
        for axis in range(2):
            total, size = 0.0, 0.0
            for unit in range(len(weights)):
                term = block[place, axis, unit] * weights[unit]
                total += term
                size += abs(term)
            if careful:
                square = 0.0
                for unit in range(len(weights)):
                    square += weights[unit] * weights[unit] * blurs[place, axis, unit]
                size += np.sqrt(square) if square < np.inf else 0.0
            slopes[cells[place], axis], sums[cells[place], axis] = total, size


@compiled
def _mark(block: Array, bits: Index, weights: Array, cells: Narrow, marks: Index) -> None:
    """A number made of the ``bits`` of all gradients that have a weight; either zero is the same."""
    for place in range(len(cells)):
        mark = 0
        for axis in range(2):
            for unit in range(len(weights)):
                if weights[unit] != 0.0 and block[place, axis, unit] != 0.0:
                    mark += bits[place, axis, unit] * (4 * unit + 2 * axis + 1)
        marks[cells[place]] = mark


@compiled_loosely
def _cancels(below: Array, above: Array, weights: Array) -> bool:
    """Whether some component ``above (rows, units)`` is not zero, but next to nothing beside all ``below``."""
    inputs, units = weights.shape
    squares, steepest = np.zeros(units), 0.0
    for each in range(inputs):
        for unit in range(units):
            squares[unit] += weights[each, unit] * weights[each, unit]
    for unit in range(units):
        steepest = max(steepest, squares[unit])
    for row in range(len(below)):
        length, number = 0.0, 0
        for each in range(inputs):
            length += below[row, each] * below[row, each]
        limit = CANCELLED * np.sqrt(length * steepest)
        for unit in range(units):
            number += (abs(above[row, unit]) <= limit) & (above[row, unit] != 0.0)
        if number:
            return True
    return False


def _descend(
    hidden: list[Layer], sides: list[Sides], families: list[Family], low: int, high: int, careful: bool
) -> Iterator[Block]:
    """The gradients of the last hidden layer's values, block by block, on what was cut from some cells of the first.

    With ``careful`` also what rounding has left in them; without, raises _Cancelling where that is needed.
    """
    root = np.zeros(1, dtype=np.int32), np.eye(2)[None], np.zeros((1, 2, 2))
    if not hidden:
        yield root
        return
    first = np.array([0, high - low], dtype=np.int32), families[0][1][low:high]
    families = [first, *families[1:]]
    levels = [_above(root, hidden[0], sides[0], families[0], careful)]
    while levels:
        block = next(levels[-1], None)
        depth = len(levels)
        if block is None:
            levels.pop()
        elif depth == len(hidden):
            yield block
        else:
            levels.append(_above(block, hidden[depth], sides[depth], families[depth], careful))


def _above(block: Block, layer: Layer, sides: Sides, families: Family, careful: bool) -> Iterator[Block]:
    """The blocks above a layer of the cells cut from those of one block."""
    parents, below, unsure = block
    offsets, members = families
    units, (kinks, slopes, _) = len(layer.bias), layer.pieces
    gradient = np.empty((len(parents), 2, units))
    rows_below, rows_above = below.reshape(2 * len(parents), -1), gradient.reshape(-1, units)
    affine(rows_below, layer.weights, np.zeros(units), rows_above)
    blurs = np.empty_like(gradient if careful else gradient[:0])
    if careful:
        squares = rows_below**2 + unsure.reshape(rows_below.shape)
        affine(squares, layer.weights**2, np.zeros(units), blurs.reshape(-1, units))
    elif _cancels(rows_below, rows_above, layer.weights):
        raise _Cancelling
    counts = offsets[parents + 1] - offsets[parents]
    rows = np.repeat(np.arange(len(parents), dtype=np.int32), counts)
    ends = np.cumsum(counts)
    cells = members[np.arange(len(rows)) + np.repeat(offsets[parents] - ends + counts, counts)]
    parts = -(-cells.size * 2 * units // BLOCK)
    for low, high in pairwise(np.linspace(0, len(cells), parts + 1).astype(int)):
        chosen, own = cells[low:high], rows[low:high]
        scaled = _scaled(gradient, own, chosen, sides.above, len(kinks), slopes)
        yield (
            chosen,
            scaled,
            _scaled(blurs, own, chosen, sides.above, len(kinks), slopes**2) if careful else blurs,
        )


@compiled
def _scaled(gradient: Array, rows: Narrow, cells: Narrow, above: Bits, kinks: int, slopes: Array) -> Array:
    """Each cell's row of ``gradient: (rows, 2, units)``, times the slope of the piece that each unit is on there."""
    units = gradient.shape[2]
    result = np.empty((cells.shape[0], 2, units))
    scales = np.empty(units)
    for place in range(cells.shape[0]):
        bits = above[cells[place]]
        scales[:] = slopes[0]
        for kink in range(kinks):
            first = kink * (len(bits) // kinks)
            put(slopes[kink + 1], bits[first : first + len(bits) // kinks], scales)
        for axis in range(2):
            own, scaled = gradient[rows[place], axis], result[place, axis]
            for unit in range(units):
                scaled[unit] = scales[unit] * own[unit]
    return result


@compiled
def _families(parents: Narrow, count: int) -> Family:
    """The cells in order of their parents; parent p has ``members[offsets[p]:offsets[p + 1]]``."""
    offsets = np.zeros(count + 1, dtype=np.int32)
    for parent in parents:
        offsets[parent + 1] += 1
    for parent in range(count):
        offsets[parent + 1] += offsets[parent]
    members, places = np.empty(parents.shape[0], dtype=np.int32), offsets.copy()
    for cell in range(parents.shape[0]):
        members[places[parents[cell]]] = cell
        places[parents[cell]] += 1
    return offsets, members


@compiled
def join(
    cells: int, edge_faces: Index, slopes: Array, rounding: Array, marks: Index
) -> tuple[Index, NDArray[np.bool_], int]:
    """The linear region of each cell, numbered from 0, ``(cells,)``; at which edges the output bends, ``(edges,)``; and
    at how many it does not although the ``marks`` of both cells differ.

    Regions are the trees of a forest in which a cell points to one with a lower number.
    """
    lower, merged = np.arange(cells), 0
    bends = np.zeros(edge_faces.shape[0], dtype=np.bool_)
    for edge in range(edge_faces.shape[0]):
        left, right = edge_faces[edge, 0], edge_faces[edge, 1]
        if left < 0 or right < 0:
            continue
        for axis in range(2):
            near = rounding[left, axis] + rounding[right, axis]
            bends[edge] |= abs(slopes[left, axis] - slopes[right, axis]) > near
        if bends[edge]:
            continue
        merged += marks[left] != marks[right]
        while lower[left] != left:
            lower[left] = lower[lower[left]]
            left = lower[left]
        while lower[right] != right:
            lower[right] = lower[lower[right]]
            right = lower[right]
        lower[max(left, right)] = min(left, right)
    regions = 0
    for cell in range(cells):
        if lower[cell] == cell:
            lower[cell] = regions
            regions += 1
        else:
            lower[cell] = lower[lower[cell]]
    return lower, bends, merged
