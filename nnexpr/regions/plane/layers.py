"""The planar subdivision of a network, layer by layer, and what each layer leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD
from nnexpr.regions.layer import Array, Bends, Index, Layer
from nnexpr.regions.plane.cut import DONE, cut, turns_of
from nnexpr.regions.plane.mesh import (
    ABOVE,
    CELLS,
    TIES,
    VERTICES,
    Bits,
    Lines,
    Mesh,
    Narrow,
    box,
    corners_of,
    grown,
    lines_of,
    renumber,
    with_lines,
)
from nnexpr.regions.plane.outline import share_of
from nnexpr.regions.plane.placed import Domain, Placed
from nnexpr.regions.plane.sides import Flags, meetings, seen, survey_cells
from nnexpr.regions.plane.ties import Rounding, sizes_above
from nnexpr.regions.plane.values import raise_values
from nnexpr.regions.room import TooManyCells
from nnexpr.regions.threads import in_shares

__all__ = ["Sides", "pattern_hashes", "subdivide"]

FEWEST = 1 << 13  # vertices, or cells, worth a second thread


class Near(NamedTuple):
    """What counts as on a layer's kinks, and which of its units do for rounding alone: ``classify``."""

    limits: Array  # (units,)
    steepness: Array  # (units,)
    rounded: Flags  # (units,)


@dataclass(frozen=True)
class Sides:
    """What a layer leaves: which cells it made of which, and on which side of its lines they lie.

    ``parents: (cells,)``, the cell of the layer below that each is a part of, ascending: parts of one lie together.
    ``above: (cells, words)``, a bit for each line, as in ``Mesh``; a cell on which z stays on the kink counts as below
    it.
    ``limits: (units,)``: half the width of what counts as on a kink, away from doubtful vertices.
    """

    parents: Narrow
    above: Bits
    limits: Array
    dead: NDArray[np.bool_]  # (units,) on one flat piece, kinks included, on the whole domain


def subdivide(
    layers: list[Layer], tolerance: float, place: Placed, domain: Domain, most: int
) -> tuple[Mesh, list[Sides], Rounding]:
    """The cells of all layers, with the values of the last one at the vertices, what each but the last one left, and
    the rounding of the last one's values.

    The last one has no kinks. Raises ``TooManyCells`` for more than ``most``, ``ValueError`` where values overflow.
    """
    corners = corners_of(domain)
    values = place.at(corners)
    mesh, rounding, sides = box(corners, values), Rounding.of_inputs(place, domain), []
    none = layers[-1].bends
    below = Bends(none.runs[:0], none.functions[:0])  # inputs pass as they are
    sizes = np.abs(values).max(axis=0)
    for number, layer in enumerate(layers, 1):
        rounding, lines = rounding.through(layer, sizes), lines_of(layer.bends)
        near = Near(
            tolerance * rounding.sigmas[: layer.own],
            rounding.steepness[: layer.own],
            np.zeros(layer.own, dtype=np.bool_),
        )
        mesh, ranges, ties = _lifted(mesh, layer, below, lines, near)
        if number == len(layers):
            break
        order = np.arange(mesh.sizes[CELLS])
        if len(lines.firsts):
            mesh, order = _cut(mesh, lines, number, near, ties, most)
            if mesh.sizes[CELLS] > most:
                cells, share = int(mesh.sizes[CELLS]), share_of(mesh, order)
                raise TooManyCells(most, cells, number, len(layers) - 1, share)
        sides.append(
            Sides(mesh.parents[order], mesh.cell_bits[order, ABOVE], near.limits, _dead(mesh, layer))
        )
        renumber(mesh, order)
        below, sizes = layer.bends, sizes_above(layer.bends, ranges)
        rounding = rounding.above(below)
    return mesh, sides, rounding


def _lifted(mesh: Mesh, layer: Layer, bends: Bends, lines: Lines, near: Near) -> tuple[Mesh, Array, int]:
    """The mesh with the next layer's pre-activations and their sides of its ``lines``; the least and the largest of
    each, ``(2, units)``, and how many are on a kink.

    ``bends``: what bends the values below.
    """
    count, below = int(mesh.sizes[VERTICES]), mesh.values
    mesh = with_lines(mesh, len(layer.bias), len(lines.firsts))

    def work(low: int, high: int) -> tuple[Array, int]:
        return raise_values(below, bends, layer, mesh, lines, *near, low, high)

    found = in_shares(work, count, FEWEST)
    lows, highs = np.min([own[0] for own, _ in found], axis=0), np.max([own[1] for own, _ in found], axis=0)
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        raise ValueError("the network overflows float64 on this domain")
    return mesh, np.stack([lows, highs]), sum(ties for _, ties in found)


def _cut(mesh: Mesh, lines: Lines, number: int, near: Near, ties: int, most: int) -> tuple[Mesh, Index]:
    """The cells cut along the lines of a layer, until they are more than ``most``; and those done by then, in order.

    ``ties``: how many pre-activations are on a kink at vertices of the layers below.
    """
    vertices, known = int(mesh.sizes[VERTICES]), int(mesh.sizes[TIES])
    in_shares(lambda low, high: survey_cells(mesh, low, high), int(mesh.sizes[CELLS]), FEWEST)
    made, turns = mesh, turns_of(mesh)
    while (
        not cut(made, turns, number, lines, near.limits, near.steepness, most) and made.sizes[CELLS] <= most
    ):
        made = grown(made)
        turns = turns_of(made, turns)
    if ties or made.sizes[TIES] > known:
        new = int(made.sizes[VERTICES]) - vertices
        made.sizes[TIES] = known + meetings(made, lines, near.rounded, new)
    return made, turns.done[: turns.numbers[DONE]]


def _dead(mesh: Mesh, layer: Layer) -> NDArray[np.bool_]:
    """Which of a layer's units no vertex shows off one flat piece, ``(units,)``."""
    bits = np.unpackbits(seen(mesh).astype("<i8").view(np.uint8), axis=1, bitorder="little").astype(bool)
    found, word = [np.zeros(0, dtype=bool)], 0
    for (first, end, kinks), function in zip(layer.bends.runs, layer.bends.functions, strict=True):
        units, words = end - first, kinks * -(-(end - first) // WORD)
        own = bits[:, WORD * word : WORD * (word + words)]
        above, below = own.reshape(2, kinks, -(-units // WORD) * WORD)[:, :, :units]
        none = np.zeros((1, units), dtype=bool)
        off = np.concatenate([above, none]) | np.concatenate([none, below])  # (pieces, units)
        found.append(~off[function[1, : kinks + 1] == 0.0].all(axis=0))
        word += words
    return np.concatenate(found)


def pattern_hashes(sides: list[Sides]) -> Index:
    """A number of the pieces that all units are on, for each cell: the same for the same pieces, whatever the cell is
    called and however the weights have moved. Different ones are one number by a chance of 2^-64.
    """
    hashes, rng = np.zeros(1, dtype=np.int64), np.random.default_rng(0)
    for each in sides:
        factors = 2 * rng.integers(-(2**62), 2**62, 1 + each.above.shape[1]) + 1
        hashes = hashes[each.parents] * factors[0] + (each.above * factors[1:]).sum(axis=1)
    return hashes ^ (hashes >> 29)
