"""The affine map of every cell, of each output.

The gradient on a cell is a product of the layers' weights, each unit scaled by the slope of the piece it is on
(``tree.py``); no difference of values enters, so it has its digits however thin the cell is.

Cost: two forward passes for each cell below the last hidden layer. Error: the rounding of the products, for each
component at most

    rounding = eps sum_l (n_l + 1) |w| (|g'| + |sigma(g')|)

with |w| the length of the output's weights, g' the gradient of the last hidden layer along one axis, n_l the widths,
eps = 2^-52, and sigma(g') what rounding has left in g', counted only on cells where something cancels in the layers
below.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.bending import root as rounded
from nnexpr.regions.layer import Array, Index, Layer, Member
from nnexpr.regions.plane.careful import BLOCK, carefully
from nnexpr.regions.plane.families import Tree, taken_apart, tree_of, whole
from nnexpr.regions.plane.layers import Sides
from nnexpr.regions.plane.mesh import Narrow
from nnexpr.regions.plane.noted import note, nothing_noted
from nnexpr.regions.plane.tree import descend
from nnexpr.regions.threads import in_shares

__all__ = ["Gradients", "gradients", "terms"]

FEWEST = 1 << 13  # cells worth a second thread


def terms(layers: list[Layer]) -> int:
    """How many terms a gradient gathers on its way: sum_l (n_l + 1), each at the cost of a rounding."""
    return sum(layer.terms + 1 for layer in layers)


class Gradients(NamedTuple):
    """The outputs', on every cell."""

    slopes: Array  # (cells, 2, outputs)
    sizes: Array  # (cells, 2) along each axis the length of the last hidden layer's, with what rounding has left in it
    steepest: Array  # (outputs,) the length of each output's weights
    marks: Index  # (cells,) a number, the same where the gradients that the outputs are made of are the same
    cancelling: NDArray[np.bool_]  # (cells,) whether something may cancel in the layers below


def gradients(root: Array, member: Member, layers: list[Layer], sides: list[Sides]) -> Gradients:
    """Those of a network of ``layers`` that has cut the plane into cells with these ``sides``.

    ``root: (2, inputs)``: the inputs' gradients.
    """
    weights, cells = layers[-1].weights, len(sides[-1].parents) if sides else 1
    noted, cancelling = nothing_noted(weights, cells), np.zeros(cells, np.bool_)
    if not sides:
        note(noted, np.zeros(1, np.int32), whole(1), root + 0.0)
    else:
        tree, lowest = tree_of(sides), len(sides[0].parents)
        lost, apart = np.zeros(tree.starts[-1], np.bool_), taken_apart(layers)
        in_shares(
            lambda low, high: descend(root, member, tree, apart, low, high, noted, lost),
            lowest,
            1 + lowest * FEWEST // cells,
        )
        cancelling = _inherited(lost, tree, sides)
    places = np.flatnonzero(cancelling).astype(np.int32)
    most = 1 + BLOCK // (2 * len(weights))  # cells at once

    def work(low: int, high: int) -> None:
        for first in range(low, high, most):
            some = places[first : min(first + most, high)]
            *_, level = carefully(root, layers[:-1], sides, some)
            note(noted, some, whole(len(some)), level.gradients.reshape(-1, len(weights)))
            _add_doubt(level.blurs, some, noted.sizes)

    in_shares(work, len(places), FEWEST)
    steepest = np.sqrt(np.square(weights).sum(axis=0))
    steepest[np.isinf(steepest)] = 0.0  # squares overflow from 1e154 on: nothing is taken for rounding there
    return Gradients(noted.slopes, noted.sizes, steepest, noted.marks, cancelling)


def _inherited(lost: NDArray[np.bool_], tree: Tree, sides: list[Sides]) -> NDArray[np.bool_]:
    """Which of the last layer's cells are parts of cells that are ``lost``."""
    found = lost[: tree.starts[1]]
    for number, each in enumerate(sides[1:], 1):
        found = lost[tree.starts[number] : tree.starts[number + 1]] | found[each.parents]
    return found


@compiled
def _add_doubt(blurs: Array, cells: Narrow, sizes: Array) -> None:
    """Add |sigma| to the rows ``cells``; ``blurs (cells, 2, units)`` are its squares."""
    for place in range(len(cells)):
        for axis in range(2):
            square = 0.0
            for unit in range(blurs.shape[2]):
                square += blurs[place, axis, unit]
            sizes[cells[place], axis] += rounded(square)
