"""The gradients of hidden layers on cells, by the tree that the cells form.

A layer's pre-activations have one gradient on each cell *below* the layer, shared by all cells that the layer cuts from
it; its values have that gradient with each unit scaled by the slope of the piece that it is on. ``descend`` goes down
the tree, a few cells at a time, so that what it holds of every layer stays in the cache: one matrix product a layer for
a block of cells.

Cells that a layer cuts from one differ in a few units: those whose lines cross it. What the others add to the next
layer's gradients they share (``families.py``).

It leaves out the cells below which slopes cancel in a hidden layer (``careful.py``). In a network in general position
one component in some ten million is so small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.layer import CANCELLED, Array, Index, Layer, Member, affine_into, layer_of, steepest
from nnexpr.regions.plane.families import (
    ALONE,
    CELLS,
    Parts,
    Tree,
    empty_parts,
    most_shared,
    share_out,
    whole,
)
from nnexpr.regions.plane.mesh import Narrow
from nnexpr.regions.plane.noted import Noted, note

__all__ = ["descend"]


class Held(NamedTuple):
    """What is held of each layer on the way down: a block of the cells right below it."""

    parents: Narrow  # (layers, CELLS) cells below
    counts: Index  # (layers,) how many
    raised: Array  # (layers, 2 CELLS units) the pre-activations' gradients on them
    parent: Index  # (layers,) which of them is cut next
    place: Index  # (layers,) which of its parts comes next
    cells: Narrow  # (layers, CELLS) parts
    rows: Narrow  # (layers, CELLS) which of the parents each was cut from
    products: Array  # (2 CELLS units,) of what is shared
    values: Array  # (2 CELLS units,) its terms


@compiled
def descend(
    root: Array, member: Member, tree: Tree, apart: bool, low: int, high: int, noted: Noted,
    lost: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Note the gradients of the last hidden layer's values on all that was cut from the first layer's cells
    ``low:high``. ``root: (2, inputs)``, the inputs' gradients. ``apart``: whether parts of a cell share sums.

    Cells below which something cancels in the next layer are marked in ``lost``, of the cells of all layers, and left
    out with all that was cut from them.
    """
    layers, depth = len(tree.firsts), 0
    held, parts, limits = _nothing_held(member, layers), empty_parts(), np.empty((layers, 2))
    for number in range(layers):
        limits[number, 0], limits[number, 1] = steepest(layer_of(member, number))
    everything = np.zeros(1, dtype=np.bool_)
    _lift(held, 0, root, whole(1), layer_of(member, 0), limits[0], everything)
    if everything[0]:
        lost[low:high] = True
    held.place[0] = low
    while depth >= 0:
        count = _take(held, depth, tree, high)
        if count == 0:
            depth -= 1
            continue
        layer, cells = layer_of(member, depth), held.cells[depth, :count]
        most, units = most_shared(layer) if apart else ALONE, len(layer.bias)
        values = held.values[: 2 * count * units].reshape(2 * count, units)
        raised = held.raised[depth, : 2 * CELLS * units].reshape(2 * CELLS, units)
        sums = share_out(
            parts, tree, depth, layer, most, cells, held.parents[depth], held.rows[depth], raised, values
        )
        if depth == layers - 1:
            note(noted, cells, parts, values[: 2 * sums])
            continue
        own = lost[tree.starts[depth] : tree.starts[depth + 1]]
        depth += 1
        held.parents[depth, :count], held.counts[depth] = cells, count
        _lift(held, depth, values[: 2 * sums], parts, layer_of(member, depth), limits[depth], own)
        if held.counts[depth] > 0:
            held.place[depth] = tree.offsets[tree.firsts[depth] + held.parents[depth, 0]]


@compiled
def _nothing_held(member: Member, layers: int) -> Held:
    """Room; the layer below the first has one cell, the domain."""
    widest = 0
    for number in range(layers):
        widest = max(widest, member.shapes[number, 1])
    shape, size = (layers, CELLS), 2 * CELLS * widest
    return Held(
        np.zeros(shape, np.int32),
        np.ones(layers, np.int64),
        np.empty((layers, size)),
        np.zeros(layers, np.int64),
        np.zeros(layers, np.int64),
        np.empty(shape, np.int32),
        np.empty(shape, np.int32),
        np.empty(size),
        np.empty(size),
    )


@compiled
def _lift(
    held: Held, depth: int, below: Array, parts: Parts, layer: Layer, limits: Array, lost: NDArray[np.bool_]
) -> None:
    """The gradients of a layer's pre-activations on the cells below, which are ``parts`` with the terms
    ``below (2 sums, inputs)``.
    """
    units, cells, kept, last, square = len(layer.bias), held.counts[depth], 0, -1, 0.0
    product = held.products[: len(below) * units].reshape(len(below), units)
    raised = held.raised[depth, : 2 * cells * units].reshape(2 * cells, units)
    affine_into(below, layer, np.zeros(units), product)
    for place in range(cells):
        cell, source = held.parents[depth, place], parts.sources[place]
        if source != last:
            square, last = _square(below, 2 * source), source
        size = square
        for axis in range(2):
            for unit in range(units):
                raised[2 * kept + axis, unit] = product[2 * source + axis, unit]
        for at in range(parts.offsets[place], parts.offsets[place + 1]):
            one, other, weights = parts.steps[at, 0], parts.steps[at, 1], layer.weights[parts.units[at]]
            size += one * one + other * other
            for unit in range(units):
                raised[2 * kept, unit] += one * weights[unit]
                raised[2 * kept + 1, unit] += other * weights[unit]
        if _cancels(size, raised, 2 * kept, limits[0], limits[1]):
            lost[cell] = True
            continue
        held.parents[depth, kept] = cell
        kept += 1
    held.counts[depth], held.parent[depth] = kept, 0


@compiled_loosely
def _square(rows: Array, row: int) -> float:
    """The sum of the squares in two rows."""
    square = 0.0
    for axis in range(2):
        for each in range(rows.shape[1]):
            square += rows[row + axis, each] * rows[row + axis, each]
    return square


@compiled_loosely
def _cancels(square: float, above: Array, row: int, most: float, least: float) -> bool:
    """Whether in two rows some component ``above (rows, units)`` is not zero, but next to nothing beside all below,
    whose squares add up to ``square``; or a weight is next to nothing beside the others: ``steepest``.
    """
    limit, number = CANCELLED * np.sqrt(square * most), 0
    for axis in range(2):
        for each in range(above.shape[1]):
            number += (abs(above[row + axis, each]) <= limit) & (above[row + axis, each] != 0.0)
    return number > 0 or least <= CANCELLED * CANCELLED * most


@compiled
def _take(held: Held, depth: int, tree: Tree, high: int) -> int:
    """The next cells that a layer cut from those below; how many. The first layer's end below ``high``."""
    first, number = tree.firsts[depth], 0
    while number < CELLS and held.parent[depth] < held.counts[depth]:
        row, cell = held.parent[depth], held.place[depth]
        end = tree.offsets[first + held.parents[depth, row] + 1] if depth > 0 else high
        while cell < end and number < CELLS:
            held.cells[depth, number], held.rows[depth, number] = cell, row
            number += 1
            cell += 1
        held.place[depth] = cell
        if cell == end:
            held.parent[depth] = row + 1
            if row + 1 < held.counts[depth]:
                held.place[depth] = tree.offsets[first + held.parents[depth, row + 1]]
    return number
