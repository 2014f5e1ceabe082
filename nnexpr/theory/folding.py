"""Networks with as many linear regions as the bounds allow: made, not found.

A hidden layer of p units can fold a line into p + 1 pieces, each of which it maps over [0, 1]: knots i/(p + 1), slopes
2s, −s, s, −s, ... with s = p + 1. Slopes left and right of the outermost knots are not free, because a sum of ReLUs
is constant on one side of each unit; one unit that faces left, the last odd one, gives the first piece its slope. That
needs p >= 3. With fewer units all face right, and fold [0, 1] into p pieces (Montúfar's construction).

*One input.* Every layer multiplies the regions by n_l + 1, so they are Π (n_l + 1): the upper bound is attained.

*Two inputs.* A layer splits its units between the coordinates and folds each, so the square is covered
Π_l (p_l + 1)(q_l + 1) times; the last layer's lines, in general position inside the square, cut every copy into
1 + n + C(n, 2) cells. They are tangents of a small circle, evenly turned, no two parallel and no three through a point,
and face its centre, so that some unit is active everywhere and no cell is flat.

Sources: G. Montúfar, R. Pascanu, K. Cho, Y. Bengio, NeurIPS 2014; T. Serra, C. Tjandraatmadja, S.
Ramalingam, ICML 2018 (exact for one input and widths of at least 3; the lower bound for widths of 3 n_0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, prod

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import block_diag

from nnexpr.kinds import dense_layers
from nnexpr.networks.network import Network

__all__ = ["folded_regions", "folding_network"]

Array = NDArray[np.float64]

REACH = 0.45  # of the square's middle: where all crossings of the last layer's lines lie


@dataclass(frozen=True)
class _Fold:
    """u ↦ offset + Σ coefficients_i relu(signs_i (u − knots_i))."""

    knots: Array
    signs: Array
    coefficients: Array
    offset: float


def folded_regions(widths: Sequence[int], inputs: int = 1) -> int:
    """The linear regions of :func:`folding_network` on [0, 1]^inputs: an exact integer."""
    groups = _groups(widths, inputs)
    more = int(_folds_outwards(groups))
    copies = prod(units + more for layer in groups for units in layer)
    return copies if inputs == 1 else copies * (1 + widths[-1] + comb(widths[-1], 2))


def folding_network(widths: Sequence[int], inputs: int = 1) -> Network:
    """The ReLU network of these hidden widths whose regions on [0, 1]^inputs are ``folded_regions``, in float64.

    ``inputs``: 1 or 2. Raises ValueError for a hidden layer narrower than the inputs, and for two inputs where the
    last one is narrower than 3.

    >>> from nnexpr import linear_regions
    >>> linear_regions(folding_network([3, 4, 5]))[0].count
    120
    """
    groups = _groups(widths, inputs)
    outwards = _folds_outwards(groups)
    below = np.eye(
        inputs, inputs + 1
    )  # the coordinates as affine functions of the layer below: [matrix | offset]
    blocks: list[Array] = []
    for layer in groups:
        folds = [_fold(units, outwards) for units in layer]
        one = np.eye(below.shape[1])[-1]
        blocks += [
            fold.signs[:, None] * (coordinate - np.outer(fold.knots, one))
            for fold, coordinate in zip(folds, below, strict=True)
        ]
        offsets = [[fold.offset] for fold in folds]
        below = np.hstack([block_diag(*(fold.coefficients for fold in folds)), offsets])
    blocks += _last_lines(widths[-1], below) if inputs == 2 else [below]
    flat = np.concatenate([block.ravel() for block in blocks])
    return Network(dense_layers((inputs, *widths, 1)), torch.from_numpy(flat)[None])


def _groups(widths: Sequence[int], inputs: int) -> list[list[int]]:
    """How each hidden layer that folds shares its units among the coordinates; of two inputs, all but the last do."""
    if inputs not in (1, 2):
        raise ValueError(f"inputs is {inputs}; the construction is made for 1 and 2")
    least = 1 if inputs == 1 else 3
    if not widths or min(widths) < inputs or widths[-1] < least:
        raise ValueError(
            f"widths are {list(widths)}; each is at least {inputs}, and the last one at least {least}"
        )
    folding = widths if inputs == 1 else widths[:-1]
    return [[width // inputs + (axis < width % inputs) for axis in range(inputs)] for width in folding]


def _folds_outwards(groups: list[list[int]]) -> bool:
    """Whether every fold has the three units that p + 1 pieces need."""
    return all(units >= 3 for layer in groups for units in layer)


def _fold(units: int, outwards: bool) -> _Fold:
    """The fold of ``units`` units: into units + 1 pieces, or if not ``outwards`` into ``units``."""
    index = np.arange(units, dtype=np.float64)
    if not outwards:
        coefficients = 2.0 * units * (-1.0) ** index
        coefficients[0] = units
        return _Fold(index / units, np.ones(units), coefficients, 0.0)
    scale = units + 1.0
    jumps = -2.0 * scale * (-1.0) ** index
    jumps[0] = -3.0 * scale
    signs = np.ones(units)
    left = units - 1 if units % 2 else units - 2  # the last odd knot, from 1
    signs[left] = -1.0
    knots = (index + 1.0) / scale
    at_first = jumps @ np.maximum(signs * (knots[0] - knots), 0.0)
    return _Fold(knots, signs, jumps, 1.0 - float(at_first))


def _last_lines(units: int, below: Array) -> tuple[Array, Array]:
    """Tangents of a circle in the square's middle, facing it, with unequal weights so that no gradients cancel.

    Their units over the coordinates ``below``, and the output's row over the units.
    """
    turns = units + 1 - units % 2  # an odd number, so that no two are parallel
    angles = 2.0 * np.pi * (np.arange(units) + 0.25) / turns
    normals = -np.stack([np.cos(angles), np.sin(angles)], axis=1)
    radius = REACH * np.sin(np.pi / (2 * turns))
    rows = normals @ below
    rows[:, -1] += radius - normals @ np.array([0.5, 0.5])
    return rows, np.append(1.0 + np.random.default_rng(0).random(units), 0.0)
