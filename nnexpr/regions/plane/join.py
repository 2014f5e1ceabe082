"""Which neighbouring cells share one affine map.

Continuous functions with equal gradients on both sides of an edge are one map, so neighbours are joined to one linear
region if the gradients of every output agree in both axes. Those that differ by 2^-20 of the most that their terms can
amount to, |w| |g'|, bend. Where they differ by less, or not, and yet some value of the last hidden layer bends there,
the rule on the line decides (``bending.py``), by the units that make the bend and not by the steep ones beside them.
What it cannot tell from rounding either is joined, and counted; and so is an edge at which a hidden layer has swallowed
a bend, where something may cancel.

Cost: an edge, a comparison; one that needs the rule, a few forward passes for its two cells, most of them shared with
the cells beside them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled, inlined
from nnexpr.regions.bending import EPS, WEAK, change, terms_of_all
from nnexpr.regions.bending import root as rounded
from nnexpr.regions.layer import Array, Index, Layer
from nnexpr.regions.plane.careful import BLOCK, carefully
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.maps import Gradients, terms
from nnexpr.regions.threads import in_shares

__all__ = ["bending", "join"]

FEWEST = 1 << 10  # edges to which the rule is applied worth a second thread
FEWEST_EDGES = 1 << 15  # worth one, where gradients are compared

Flags = NDArray[np.bool_]


def bending(
    root: Array, layers: list[Layer], sides: list[Sides], faces: Index, gradients: Gradients
) -> tuple[Flags, int]:
    """At which edges an output bends, ``(edges,)``, and at how many none does although a value below it does.

    ``faces: (edges, 2)`` the cells left and right of each, -1 outside; ``root: (2, inputs)``: the inputs' gradients.
    """
    columns, eps, marks = np.ascontiguousarray(layers[-1].weights.T), EPS * terms(layers), gradients.marks
    bends, doubtful = np.empty(len(faces), dtype=np.bool_), np.empty(len(faces), dtype=np.bool_)
    limits = WEAK * gradients.steepest
    in_shares(
        lambda low, high: _compare(faces, gradients, limits, bends, doubtful, low, high),
        len(faces),
        FEWEST_EDGES,
    )
    places = np.flatnonzero(doubtful)
    most = 1 + BLOCK // (4 * columns.shape[1])  # edges at once

    def work(low: int, high: int) -> int:
        merged = 0
        for first in range(low, high, most):
            some = places[first : min(first + most, high)]
            cells, rows = np.unique(faces[some], return_inverse=True)
            rows, met = rows.reshape(-1, 2), marks[faces[some, 0]] != marks[faces[some, 1]]
            swallowed = np.zeros(len(some), dtype=np.bool_)
            for level in carefully(root, layers[:-1], sides, cells.astype(np.int32)):
                swallowed |= _swallowed(level.below, level.raised, level.layer, level.places[rows])
            bends[some] = _differ(level.gradients, level.blurs, rows, columns, eps, swallowed)
            merged += int(np.count_nonzero((met | swallowed) & ~bends[some]))
        return merged

    return bends, sum(in_shares(work, len(places), FEWEST))


@compiled
def _compare(
    faces: Index, gradients: Gradients, limits: Array, bends: Flags, doubtful: Flags, low: int, high: int
) -> None:
    """At which of the edges ``low:high`` the gradients differ by more than is weak; and where they do not, but may."""
    slopes, sizes, _, marks, cancelling = gradients
    for edge in range(low, high):
        left, right = faces[edge, 0], faces[edge, 1]
        bends[edge], doubtful[edge] = False, False
        if left < 0 or right < 0:
            continue
        bends[edge] = _stand_apart(slopes, sizes, limits, left, right)
        if not bends[edge]:
            doubtful[edge] = marks[left] != marks[right] or cancelling[left] or cancelling[right]


@inlined
def _stand_apart(slopes: Array, sizes: Array, limits: Array, left: int, right: int) -> bool:
    for axis in range(2):
        most = sizes[left, axis] + sizes[right, axis]
        for each in range(slopes.shape[2]):
            if abs(slopes[left, axis, each] - slopes[right, axis, each]) > limits[each] * most:
                return True
    return False


@compiled
def _swallowed(below: Array, raised: Array, layer: Layer, rows: Index) -> Flags:
    """Between which two rows of each edge, ``rows: (edges, 2)``, some value of the layer below bends, and yet the
    gradient of a unit that it feeds is the same number.
    """
    found, units, (offsets, places, few, _) = (
        np.zeros(len(rows), dtype=np.bool_),
        len(layer.bias),
        layer.sparse,
    )
    for edge in range(len(rows)):
        left, right = rows[edge, 0], rows[edge, 1]
        for axis in range(2):
            one, other = below[left, axis], below[right, axis]
            for each in range(len(layer.weights)):
                if one[each] != other[each]:
                    for unit in range(units):
                        same = raised[left, axis, unit] == raised[right, axis, unit]
                        found[edge] |= same and layer.weights[each, unit] != 0.0
            for unit in range(len(offsets) - 1):
                if raised[left, axis, unit] == raised[right, axis, unit]:
                    for at in range(offsets[unit], offsets[unit + 1]):
                        found[edge] |= one[places[at]] != other[places[at]] and few[at] != 0.0
    return found


@compiled
def _differ(block: Array, blurs: Array, rows: Index, columns: Array, eps: float, swallowed: Flags) -> Flags:
    """Whether some output's gradient is another one in the two rows of each edge, ``rows: (edges, 2)``, of ``block:
    (cells, 2, units)``; ``columns (outputs, units)``. At an edge at which a bend was ``swallowed`` below, units whose
    gradient is the same number may have changed too, by their rounding.
    """
    found = np.zeros(len(rows), dtype=np.bool_)
    both, doubts = np.empty((2, columns.shape[1])), np.empty((2, columns.shape[1]))
    for edge in range(len(rows)):
        for axis in range(2):
            for side in range(2):
                both[side, :] = block[rows[edge, side], axis]
                doubts[side, :] = blurs[rows[edge, side], axis]
            for each in range(len(columns)):
                step, size, square = change(both, doubts, 1, columns[each], True)
                if swallowed[edge]:
                    size, square = terms_of_all(both, doubts, 1, columns[each])
                found[edge] |= abs(step) > eps * (size + rounded(square))
    return found


@compiled
def join(cells: int, faces: Index, bends: Flags) -> Index:
    """The linear region of each cell, numbered from 0, ``(cells,)``: cells are joined across edges that do not bend.

    Regions are the trees of a forest in which a cell points to one with a lower number.
    """
    lower = np.arange(cells)
    for edge in range(len(faces)):
        left, right = faces[edge, 0], faces[edge, 1]
        if left < 0 or right < 0 or bends[edge]:
            continue
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
    return lower
