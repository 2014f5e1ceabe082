"""The planar subdivision of a network, layer by layer, and what each layer leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD
from nnexpr.regions.layer import Array, Bends, Index, Layer
from nnexpr.regions.plane.cut import cut
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
    with_lines,
)
from nnexpr.regions.plane.outline import share_of
from nnexpr.regions.plane.placed import Domain, Placed
from nnexpr.regions.plane.sides import classify, meetings, seen, survey_cells
from nnexpr.regions.plane.ties import Rounding
from nnexpr.regions.plane.values import raise_values
from nnexpr.regions.room import TooManyCells
from nnexpr.regions.threads import in_shares

__all__ = ["Sides", "pattern_hashes", "subdivide"]

FEWEST = 1 << 13  # vertices, or cells, worth a second thread


@dataclass(frozen=True)
class Sides:
    """What a layer leaves: which cells it made of which, and on which side of its lines they lie.

    ``parents: (cells,)``, the cell of the layer below that each is a part of; cells keep their number, parts get new
    ones. ``above: (cells, words)``, a bit for each line, as in ``Mesh``; a cell on which z stays on the kink counts as
    below it.
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
    mesh, rounding = box(corners, place.at(corners)), Rounding.of_inputs(place, domain)
    none = layers[-1].bends
    below, sides = Bends(none.runs[:0], none.functions[:0]), []  # inputs pass as they are
    for number, layer in enumerate(layers[:-1], 1):
        lines = lines_of(layer.bends)
        mesh, rounding, limits = _lifted(mesh, layer, rounding, below, lines, tolerance)
        below = layer.bends
        if len(lines.firsts):
            mesh, done = _cut(mesh, lines, number, limits, rounding.steepness[: layer.own], most)
            if mesh.sizes[CELLS] > most:
                raise TooManyCells(
                    most, int(mesh.sizes[CELLS]), number, len(layers) - 1, share_of(mesh, done)
                )
        cells = int(mesh.sizes[CELLS])
        sides.append(
            Sides(
                mesh.parents[:cells].copy(),
                mesh.cell_bits[:cells, ABOVE].copy(),
                limits,
                _dead(mesh, layer),
            )
        )
        rounding = rounding.above(below)
    mesh, rounding, _ = _lifted(mesh, layers[-1], rounding, below, lines_of(layers[-1].bends), tolerance)
    return mesh, sides, rounding


def _lifted(
    mesh: Mesh, layer: Layer, rounding: Rounding, bends: Bends, lines: Lines, tolerance: float
) -> tuple[Mesh, Rounding, Array]:
    """The mesh with the next layer's pre-activations, their rounding, and what is near a kink, ``(units,)``.

    ``bends``: what bends the values below; ``lines``: the next layer's.
    """
    count, below = int(mesh.sizes[VERTICES]), mesh.values
    mesh = with_lines(mesh, len(layer.bias), len(lines.firsts))

    def work(low: int, high: int) -> Array:
        return raise_values(below, bends, layer, mesh.values, low, high)

    sizes = np.max(in_shares(work, count, FEWEST), axis=0)
    if not np.isfinite(sizes).all():
        raise ValueError("the network overflows float64 on this domain")
    following = rounding.through(layer, sizes)
    return mesh, following, tolerance * following.sigmas[: layer.own]


def _cut(
    mesh: Mesh, lines: Lines, number: int, limits: Array, steepness: Array, most: int
) -> tuple[Mesh, int]:
    """The cells cut along the lines of a layer, until they are more than ``most``; and those that are done by then."""
    vertices, known = int(mesh.sizes[VERTICES]), int(mesh.sizes[TIES])
    rounded = np.zeros(len(limits), dtype=np.bool_)  # units that only rounding keeps on a kink somewhere
    ties = in_shares(
        lambda low, high: classify(mesh, lines, limits, steepness, rounded, low, high), vertices, FEWEST
    )
    in_shares(lambda low, high: survey_cells(mesh, low, high), int(mesh.sizes[CELLS]), FEWEST)
    cell, made = 0, mesh
    while (cell := cut(made, cell, number, lines, limits, steepness, most)) < made.sizes[CELLS] <= most:
        made = grown(made)
    if sum(ties) or made.sizes[TIES] > known:
        made.sizes[TIES] = known + meetings(made, lines, rounded, int(made.sizes[VERTICES]) - vertices)
    return made, cell


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
