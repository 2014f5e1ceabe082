"""The gradients of hidden layers on cells, by the tree that the cells form.

A layer's pre-activations have one gradient on each cell *below* the layer, shared by all cells that the layer cuts from
it; its values have that gradient with each unit scaled by the slope of the piece that it is on. ``descend`` goes down
the tree, a few cells at a time, so that what it holds of every layer stays in the cache: one matrix product a layer for
a block of cells.

It leaves out the cells below which slopes cancel in a hidden layer (``careful.py``). In a network in general position
one component in some ten million is so small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD, put
from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.layer import (
    CANCELLED,
    Array,
    Bends,
    Index,
    Layer,
    Member,
    affine_into,
    layer_of,
    steepest,
)
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Bits, Narrow
from nnexpr.regions.plane.noted import Noted, note

__all__ = ["Tree", "descend", "scales_on", "tree_of"]

CELLS = 48  # of each layer at once


class Tree(NamedTuple):
    """The cells of all hidden layers, layer after layer; those that a layer made in order of their parents.

    Layer l, from 0, made the cells ``members[starts[l]:starts[l + 1]]``. Those of them that were cut from cell p of the
    layer below have the places from ``offsets[firsts[l] + p]`` to below the next, counted from ``starts[l]``.
    """

    starts: Index  # (layers + 1,)
    members: Narrow
    firsts: Index  # (layers,)
    offsets: Narrow
    words: Index  # (layers + 1,) where a layer's bits begin
    bits: Bits  # of each cell the words of ``Sides.above``, in the cells' own order


class Held(NamedTuple):
    """What is held of each layer on the way down: a block of the cells that it made, and of those right below it."""

    parents: Narrow  # (layers, CELLS) cells below
    counts: Index  # (layers,) how many
    raised: Array  # (layers, 2 CELLS units) the pre-activations' gradients on them
    parent: Index  # (layers,) which of them is cut next
    place: Index  # (layers,) which of its parts comes next
    cells: Narrow  # (layers, CELLS) parts
    rows: Narrow  # (layers, CELLS) which of the parents each was cut from
    values: Array  # (layers, 2 CELLS units) the values' gradients on them


def tree_of(sides: list[Sides]) -> Tree:
    """The cells with these ``sides``."""
    below = [1, *(len(each.parents) for each in sides)]
    families = [_family(each.parents, count) for each, count in zip(sides, below, strict=False)]
    return Tree(
        np.cumsum([0, *below[1:]]),
        np.concatenate([members for _, members in families]),
        np.cumsum([0, *(len(offsets) for offsets, _ in families)])[:-1],
        np.concatenate([offsets for offsets, _ in families]),
        np.cumsum([0, *(each.above.size for each in sides)]),
        np.concatenate([each.above.ravel() for each in sides]),
    )


@compiled
def _family(parents: Narrow, count: int) -> tuple[Narrow, Narrow]:
    """Where the cells cut from each of so many begin and end, ``(count + 1,)``, and those cells."""
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
def descend(
    root: Array, member: Member, tree: Tree, low: int, high: int, noted: Noted, lost: NDArray[np.bool_]
) -> None:
    """Note the gradients of the last hidden layer's values on all that was cut from the first layer's cells in the
    places ``low:high``. ``root: (2, inputs)``, the inputs' gradients.

    Cells below which something cancels in the next layer are marked in ``lost``, of the cells of all layers, and left
    out with all that was cut from them.
    """
    layers, depth = len(tree.firsts), 0
    held, limits = _nothing_held(member, layers), np.empty((layers, 2))
    for number in range(layers):
        limits[number, 0], limits[number, 1] = steepest(layer_of(member, number))
    everything = np.zeros(1, dtype=np.bool_)
    _lift(held, 0, root, layer_of(member, 0), limits[0], everything)
    if everything[0]:
        for place in range(low, high):
            lost[tree.members[place]] = True
    held.place[0] = low
    while depth >= 0:
        count = _take(held, depth, tree, high)
        if count == 0:
            depth -= 1
            continue
        block = _scaled(held, depth, count, layer_of(member, depth), tree)
        if depth == layers - 1:
            note(noted, held.cells[depth, :count], block)
            continue
        own = lost[tree.starts[depth] : tree.starts[depth + 1]]
        depth += 1
        held.parents[depth, :count], held.counts[depth] = held.cells[depth - 1, :count], count
        _lift(held, depth, block, layer_of(member, depth), limits[depth], own)
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
        np.empty((layers, size)),
    )


@compiled
def _lift(held: Held, depth: int, block: Array, layer: Layer, limits: Array, lost: NDArray[np.bool_]) -> None:
    """The gradients of a layer's pre-activations on the cells below, whose values' are ``block (2 cells, inputs)``."""
    units, kept = len(layer.bias), 0
    raised = held.raised[depth, : len(block) * units].reshape(len(block), units)
    affine_into(block, layer, np.zeros(units), raised)
    for place in range(len(block) // 2):
        cell = held.parents[depth, place]
        if _cancels(block, raised, 2 * place, limits[0], limits[1]):
            lost[cell] = True
            continue
        if kept < place:
            held.parents[depth, kept] = cell
            raised[2 * kept : 2 * kept + 2] = raised[2 * place : 2 * place + 2]
        kept += 1
    held.counts[depth], held.parent[depth] = kept, 0


@compiled_loosely
def _cancels(below: Array, above: Array, row: int, most: float, least: float) -> bool:
    """Whether in two rows some component ``above (rows, units)`` is not zero, but next to nothing beside all ``below``;
    or a weight is next to nothing beside the others: ``steepest``.
    """
    square, number = 0.0, 0
    for axis in range(2):
        for each in range(below.shape[1]):
            square += below[row + axis, each] * below[row + axis, each]
    limit = CANCELLED * np.sqrt(square * most)
    for axis in range(2):
        for each in range(above.shape[1]):
            number += (abs(above[row + axis, each]) <= limit) & (above[row + axis, each] != 0.0)
    return number > 0 or least <= CANCELLED * CANCELLED * most


@compiled
def _take(held: Held, depth: int, tree: Tree, high: int) -> int:
    """The next cells that a layer cut from those below; how many. The first layer's end at the place ``high``."""
    start, first, number = tree.starts[depth], tree.firsts[depth], 0
    while number < CELLS and held.parent[depth] < held.counts[depth]:
        row, place = held.parent[depth], held.place[depth]
        end = tree.offsets[first + held.parents[depth, row] + 1] if depth > 0 else high
        while place < end and number < CELLS:
            held.cells[depth, number], held.rows[depth, number] = tree.members[start + place], row
            number += 1
            place += 1
        held.place[depth] = place
        if place == end:
            held.parent[depth] = row + 1
            if row + 1 < held.counts[depth]:
                held.place[depth] = tree.offsets[first + held.parents[depth, row + 1]]
    return number


@compiled
def _scaled(held: Held, depth: int, count: int, layer: Layer, tree: Tree) -> Array:
    """The values' gradients on the cells taken, ``(2 cells, units)``: each component times the slope of its unit's
    piece.
    """
    units, cells, rows = len(layer.bias), held.cells[depth], held.rows[depth]
    values = held.values[depth, : 2 * count * units].reshape(2 * count, units)
    raised = held.raised[depth, : 2 * CELLS * units].reshape(2 * CELLS, units)
    words = (tree.words[depth + 1] - tree.words[depth]) // (tree.starts[depth + 1] - tree.starts[depth])
    scales = np.ones(units)
    for place in range(count):
        begin = tree.words[depth] + cells[place] * words
        scales_on(tree.bits[begin : begin + words], layer.bends, scales)
        for axis in range(2):
            to, of = 2 * place + axis, 2 * rows[place] + axis
            for unit in range(units):
                values[to, unit] = scales[unit] * raised[of, unit] + 0.0  # no -0.0: equal numbers, equal bits
    return values


@compiled
def scales_on(bits: Bits, bends: Bends, scales: Array) -> None:
    """The slope of the piece that each unit is on by a cell's ``bits``, into the first of ``scales (units,)``."""
    (runs, functions), word = bends, 0
    for run in range(len(runs)):
        first, end, kinks = runs[run, 0], runs[run, 1], runs[run, 2]
        own, words = scales[first:end], -(-(end - first) // WORD)
        own[:] = functions[run, 1, 0]
        for kink in range(1, kinks + 1):
            put(functions[run, 1, kink], bits[word : word + words], own)
            word += words
