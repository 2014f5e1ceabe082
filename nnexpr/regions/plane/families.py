"""Cells with those that they were cut from, and what the parts of one share of the next layer's gradients.

    g' = sum_j w_j s_j g_j = sum over the units that no line of cuts the cell + sum over the others

with g the gradients of a layer's pre-activations on a cell, s_j the slope of the piece that unit j is on in a part of
it, w_j its weights to the units of the next layer. The first sum is the same in all parts of the cell. The second one
has few terms, for few lines cross one cell, and of those what is off adds nothing. Where many cross it, as the first
layer's do the domain, each part takes the whole sum: a matrix product takes less time for a term.

So the order of a sum depends on the cell that parts were cut from, and two that add up to the same may differ in their
last digits. Of a matrix with zeros, by which units bend that change nothing above, no sums are taken apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.bits import WORD, choose, lowest, put
from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Bends, Index, Layer
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits, Narrow

__all__ = [
    "ALONE",
    "CELLS",
    "Parts",
    "Tree",
    "empty_parts",
    "most_shared",
    "scales_on",
    "share_out",
    "taken_apart",
    "tree_of",
    "whole",
]

CELLS = 48  # of each layer at once
LINES = 16  # that may cross a cell whose parts share sums, at most; and one of four of its units
ALONE = -1  # no sums are shared

UNIT, RUN, AT, PLACE = range(
    4
)  # of a unit whose lines cross a cell: its run, its first word of bits, and its bit


class Tree(NamedTuple):
    """The cells of all hidden layers, layer after layer, each in order of the cells that they were cut from.

    Layer l, from 0, made ``starts[l + 1] - starts[l]`` cells. Those that were cut from cell p of the layer below are
    those from ``offsets[firsts[l] + p]`` to below the next.
    """

    starts: Index  # (layers + 1,)
    firsts: Index  # (layers,)
    offsets: Narrow
    words: Index  # (layers,) how many words of bits a cell has
    begins: Index  # (layers,) where a layer's bits begin in ``above``
    above: Bits  # of each cell the words of ``Sides.above``
    crossed: Index  # (layers,) where a layer's bits begin in ``lines``
    lines: Bits  # of each cell below the lines that cross it


class Parts(NamedTuple):
    """Some cells, with the sums that they share and what each adds to them."""

    sources: Narrow  # (cells,) which of the sums
    offsets: Index  # (cells + 1,) where a cell's own units begin
    units: Narrow
    steps: Array  # (own units, 2) the gradients of their values


def tree_of(sides: list[Sides]) -> Tree:
    """The cells with these ``sides``."""
    counts = [len(each.parents) for each in sides]
    families = [
        _family(each.parents, count, each.above) for each, count in zip(sides, [1, *counts], strict=False)
    ]
    return Tree(
        np.cumsum([0, *counts]),
        np.cumsum([0, *(len(offsets) for offsets, _ in families)])[:-1],
        np.concatenate([offsets for offsets, _ in families]),
        np.array([each.above.shape[1] for each in sides]),
        np.cumsum([0, *(each.above.size for each in sides)])[:-1],
        np.concatenate([each.above.ravel() for each in sides]),
        np.cumsum([0, *(lines.size for _, lines in families)])[:-1],
        np.concatenate([lines.ravel() for _, lines in families]),
    )


@compiled
def _family(parents: Narrow, count: int, above: Bits) -> tuple[Narrow, Bits]:
    """Where the cells cut from each of so many begin and end, ``(count + 1,)``, and the lines that cross it, ``(count,
    words)``: those above which some of its parts are, but not all.
    """
    words = above.shape[1]
    offsets, lines = np.zeros(count + 1, dtype=np.int32), np.empty((count, words), dtype=np.int64)
    cell = 0
    for parent in range(count):
        first = cell
        while cell < len(parents) and parents[cell] == parent:
            cell += 1
        offsets[parent + 1] = cell
        for word in range(words):
            some, every = above[first, word], above[first, word]
            for each in range(first + 1, cell):
                some |= above[each, word]
                every &= above[each, word]
            lines[parent, word] = some & ~every
    return offsets, lines


def taken_apart(layers: list[Layer]) -> bool:
    """Whether sums are shared in a network of ``layers``: where no weight between hidden units is zero."""
    return all(len(layer.weights) and bool(np.all(layer.weights)) for layer in layers[1:-1])


@compiled
def most_shared(layer: Layer) -> int:
    """How many lines of a layer may cross a cell whose parts share sums."""
    return min(LINES, len(layer.bias) // 4)


@compiled
def whole(count: int) -> Parts:
    """So many cells that share nothing."""
    return Parts(
        np.arange(count).astype(np.int32),
        np.zeros(count + 1, np.int64),
        np.empty(0, np.int32),
        np.empty((0, 2)),
    )


@compiled
def empty_parts() -> Parts:
    """Room for a block of cells."""
    own = CELLS * LINES
    return Parts(
        np.empty(CELLS, np.int32), np.zeros(CELLS + 1, np.int64), np.empty(own, np.int32), np.empty((own, 2))
    )


@compiled
def share_out(
    parts: Parts, tree: Tree, number: int, layer: Layer, most: int, cells: Narrow, parents: Narrow, rows: Narrow,
    raised: Array, values: Array,
) -> int:  # fmt: skip
    """Write down what ``cells (n,)`` of layer ``number`` share, and what each adds; how many sums there are.

    ``rows (n,)``: which of ``parents`` each was cut from; ``raised (2 parents, units)``: the pre-activations' gradients
    on those. ``values (2 sums, units)`` takes the terms of the sums. ``most``: of ``most_shared``, or ``ALONE``.
    """
    units, words, source, own, lines = len(layer.bias), tree.words[number], -1, 0, 0
    scales, crossing = np.ones(units), np.empty((LINES, 4), dtype=np.int64)
    for place in range(len(cells)):
        row, begin = rows[place], tree.begins[number] + cells[place] * words
        bits = tree.above[begin : begin + words]
        another = place == 0 or row != rows[place - 1]
        if another and most >= 0:
            first = tree.crossed[number] + parents[row] * words
            lines = _crossing(tree.lines[first : first + words], layer.bends, most, crossing)
        apart = lines <= most
        if another or not apart:
            source += 1
            scales_on(bits, layer.bends, scales)
            for axis in range(2):
                to, of = 2 * source + axis, 2 * row + axis
                for unit in range(units):
                    values[to, unit] = (
                        scales[unit] * raised[of, unit] + 0.0
                    )  # no -0.0: equal numbers, equal bits
                for each in range(lines if apart else 0):
                    values[to, crossing[each, UNIT]] = 0.0
        parts.sources[place] = source
        for each in range(lines if apart else 0):
            unit, scale = crossing[each, UNIT], _scale_on(bits, layer.bends, crossing[each])
            if scale != 0.0:
                parts.units[own] = unit
                for axis in range(2):
                    parts.steps[own, axis] = scale * raised[2 * row + axis, unit] + 0.0
                own += 1
        parts.offsets[place + 1] = own
    return source + 1


@compiled
def _crossing(lines: Bits, bends: Bends, most: int, crossing: Index) -> int:
    """Write down the units whose lines are set in ``lines (words,)``, each once, and where their bits are; how many, or
    more than ``most``.
    """
    found, first = 0, 0
    for run in range(len(bends.runs)):
        words = -(-(bends.runs[run, 1] - bends.runs[run, 0]) // WORD)
        for word in range(words):
            bits = 0
            for kink in range(bends.runs[run, 2]):
                bits |= lines[first + kink * words + word]
            while bits != 0:
                if found == most:
                    return most + 1
                place = lowest(bits)
                crossing[found, UNIT], crossing[found, RUN] = bends.runs[run, 0] + WORD * word + place, run
                crossing[found, AT], crossing[found, PLACE] = first + word, place
                found += 1
                bits &= bits - 1
        first += words * bends.runs[run, 2]
    return found


@compiled
def _scale_on(bits: Bits, bends: Bends, unit: Index) -> float:
    """The slope of the piece that one unit is on by a cell's ``bits``; a row of ``crossing`` says which and where."""
    run = unit[RUN]
    scale, word = bends.functions[run, 1, 0], unit[AT]
    for kink in range(1, bends.runs[run, 2] + 1):
        if (bits[word] >> unit[PLACE]) & 1:
            scale = bends.functions[run, 1, kink]
        word += -(-(bends.runs[run, 1] - bends.runs[run, 0]) // WORD)
    return float(scale)


@compiled
def scales_on(bits: Bits, bends: Bends, scales: Array) -> None:
    """The slope of the piece that each unit is on by a cell's ``bits``, into the first of ``scales (units,)``."""
    (runs, functions), word = bends, 0
    for run in range(len(runs)):
        first, end, kinks = runs[run, 0], runs[run, 1], runs[run, 2]
        own, words = scales[first:end], -(-(end - first) // WORD)
        if kinks == 0:
            own[:] = functions[run, 1, 0]
        for kink in range(1, kinks + 1):
            above = bits[word : word + words]
            if kink == 1:
                choose(functions[run, 1, 1], functions[run, 1, 0], above, own)
            else:
                put(functions[run, 1, kink], above, own)
            word += words
