"""The gradients of hidden layers on cells, by the tree that the cells form.

A layer's pre-activations have one gradient on each cell *below* the layer, shared by all cells that the layer cuts from
it; its values have that gradient with each unit scaled by the slope of the piece that it is on. ``descend`` goes down
the tree in blocks of rows that stay in the cache: one matrix product a layer for a block, a block a layer in memory.

Slopes that cancel inside a hidden layer leave rounding behind that looks like a slope (``bending.py``), and strong ones
swallow weak ones. ``descend`` leaves out the cells where that may be; ``carefully`` finds the gradients on given cells
together with what rounding has left in them, which doubles the work. In a network in general position one component in
some ten million is so small, and so it is done for a few cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD, put
from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.layer import CANCELLED, Array, Bends, Index, Layer, affine, squared, steepest
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits, Narrow

__all__ = ["BLOCK", "Family", "Level", "carefully", "descend", "families"]

BLOCK = 1 << 17  # numbers in a block of gradients: 1 MiB

# The cells that a layer made, in order of their parents: parent p has ``members[offsets[p]:offsets[p + 1]]``.
Family = tuple[Narrow, Narrow]
Block = tuple[Narrow, Array]  # cells, and the gradients (cells, 2, units) of a layer's values on them


def descend(
    root: Array, hidden: list[Layer], sides: list[Sides], tree: list[Family], low: int, high: int
) -> tuple[Iterator[Block], list[Narrow]]:
    """The gradients of the last hidden layer's values, block by block, on what was cut from the cells ``low:high`` of
    the first; and, complete when the blocks are through, the cells that were left out. ``root: (2, inputs)``, the
    inputs' gradients.
    """
    left_out: list[Narrow] = []
    share = np.array([0, high - low], dtype=np.int32), tree[0][1][low:high]
    return _blocks(root, hidden, sides, [share, *tree[1:]], left_out), left_out


def _blocks(
    root: Array, hidden: list[Layer], sides: list[Sides], tree: list[Family], left_out: list[Narrow]
) -> Iterator[Block]:
    first = np.zeros(1, dtype=np.int32), root[None]
    levels = [_above(first, hidden[0], sides[0], tree, left_out)]
    while levels:
        block = next(levels[-1], None)
        depth = len(levels)
        if block is None:
            levels.pop()
        elif depth == len(hidden):
            yield block
        else:
            levels.append(_above(block, hidden[depth], sides[depth], tree[depth:], left_out))


def _above(
    block: Block, layer: Layer, sides: Sides, tree: list[Family], left_out: list[Narrow]
) -> Iterator[Block]:
    """The blocks above a layer of the cells cut from those of one block."""
    parents, below = block
    gradient = _raised(below, layer)
    cancelling = _cancelling(below, gradient, layer)
    if cancelling.any():
        cells = parents[cancelling]
        for family in tree:
            _, cells = _parts(family, cells)
        left_out.append(cells)
        parents, gradient = parents[~cancelling], gradient[~cancelling]
    rows, cells = _parts(tree[0], parents)
    blocks = -(-cells.size * 2 * len(layer.bias) // BLOCK)
    for low, high in pairwise(np.linspace(0, len(cells), blocks + 1).astype(int)):
        chosen = cells[low:high]
        yield chosen, _scaled(gradient, rows[low:high], chosen, sides.above, layer.bends, False)


class Level(NamedTuple):
    """A layer on given cells of the last one. The layer's cells are those that these are parts of, each once."""

    layer: Layer
    below: Array  # (cells below, 2, inputs) the gradients of the values below
    raised: Array  # (cells below, 2, units) of the pre-activations
    places: Index  # (given cells,) in which of the cells below each lies
    gradients: Array  # (cells, 2, units) of the values; in the last layer the given cells
    blurs: Array  # (cells, 2, units) what rounding has left in those, squared


def carefully(root: Array, hidden: list[Layer], sides: list[Sides], cells: Narrow) -> Iterator[Level]:
    """The hidden layers on ``cells`` of the last one, from the first layer to the last."""
    steps, places = [], np.arange(len(cells))
    for each in reversed(sides):
        parents, inverse = np.unique(each.parents[cells], return_inverse=True)
        places = inverse[places]
        steps.append((cells, inverse.astype(np.int32), places))
        cells = parents.astype(np.int32)
    gradients, blurs = root[None], np.zeros((1, *root.shape))
    for layer, each, (own, rows, places) in zip(hidden, sides, reversed(steps), strict=True):
        below = gradients
        raised, doubts = _raised(below, layer), _raised(below**2 + blurs, squared(layer))
        gradients = _scaled(raised, rows, own, each.above, layer.bends, False)
        blurs = _scaled(doubts, rows, own, each.above, layer.bends, True)
        yield Level(layer, below, raised, places, gradients, blurs)


def _raised(below: Array, layer: Layer) -> Array:
    """``below (cells, 2, inputs)`` through a layer's matrix, ``(cells, 2, units)``."""
    units = len(layer.bias)
    raised = affine(np.ascontiguousarray(below).reshape(-1, layer.inputs), layer, np.zeros(units))
    return raised.reshape(-1, 2, units)


@compiled_loosely
def _cancelling(below: Array, above: Array, layer: Layer) -> NDArray[np.bool_]:
    """On which cells some component ``above (cells, 2, units)`` is not zero, but next to nothing beside all ``below``:
    ``(cells,)``. All of them, if a weight is next to nothing beside the others.
    """
    inputs, units, (most, least) = layer.inputs, len(layer.bias), steepest(layer)
    mixed = least <= CANCELLED * CANCELLED * most
    found = np.empty(len(below), dtype=np.bool_)
    gradients, terms = above.reshape(-1, 2 * units), below.reshape(-1, 2 * inputs)
    for cell in range(len(found)):
        square, number = 0.0, 1 if mixed else 0
        for each in range(2 * inputs):
            square += terms[cell, each] * terms[cell, each]
        limit = CANCELLED * np.sqrt(square * most)
        for each in range(2 * units):
            number += (abs(gradients[cell, each]) <= limit) & (gradients[cell, each] != 0.0)
        found[cell] = number > 0
    return found


@compiled
def _scaled(gradient: Array, rows: Narrow, cells: Narrow, above: Bits, bends: Bends, square: bool) -> Array:
    """Each cell's row of ``gradient: (rows, 2, units)``, times the slope of the piece that each unit is on there, or
    its square; numbers that pass have slope 1.
    """
    units, (runs, functions) = gradient.shape[2], bends
    result = np.empty((cells.shape[0], 2, units))
    scales = np.ones(units)
    for place in range(cells.shape[0]):
        bits, word = above[cells[place]], 0
        for run in range(len(runs)):
            first, end, kinks = runs[run, 0], runs[run, 1], runs[run, 2]
            own, words, slope = scales[first:end], -(-(end - first) // WORD), functions[run, 1, 0]
            own[:] = slope * slope if square else slope
            for kink in range(1, kinks + 1):
                slope = functions[run, 1, kink]
                put(slope * slope if square else slope, bits[word : word + words], own)
                word += words
        for axis in range(2):
            row, scaled = gradient[rows[place], axis], result[place, axis]
            for unit in range(units):
                scaled[unit] = scales[unit] * row[unit]
    return result


def _parts(family: Family, parents: Narrow) -> tuple[Narrow, Narrow]:
    """The cells cut from some, one after another, and before them which of ``parents`` each was cut from."""
    offsets, members = family
    counts = offsets[parents + 1] - offsets[parents]
    rows = np.repeat(np.arange(len(parents), dtype=np.int32), counts)
    ends = np.cumsum(counts)
    return rows, members[np.arange(len(rows)) + np.repeat(offsets[parents] - ends + counts, counts)]


def families(sides: list[Sides]) -> list[Family]:
    """Of each layer."""
    below = [1, *(len(each.parents) for each in sides)]
    return [_family(each.parents, count) for each, count in zip(sides, below, strict=False)]


@compiled
def _family(parents: Narrow, count: int) -> Family:
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
