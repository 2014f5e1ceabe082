"""The planar subdivision of a network, layer by layer, and what each layer leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.kernels.bits import WORD
from nnexpr.networks.network import Network
from nnexpr.regions.plane.cut import cut
from nnexpr.regions.plane.mesh import (
    ABOVE,
    BELOW,
    CELLS,
    TIES,
    VERTICES,
    Array,
    Bits,
    Index,
    Mesh,
    Pieces,
    box,
    grown,
    with_lines,
)
from nnexpr.regions.plane.sides import classify, survey_cells
from nnexpr.regions.plane.ties import Rounding
from nnexpr.regions.plane.values import largest, raise_values
from nnexpr.regions.stack import ROUNDING, NotPiecewiseLinear
from nnexpr.regions.threads import in_shares

__all__ = ["Layer", "PlaneNetwork", "Sides", "subdivide"]

FEWEST = 1 << 13  # vertices, or cells, worth a second thread
IDENTITY = PiecewiseLinear((), (1.0,), (0.0,))


def table(pieces: PiecewiseLinear) -> Pieces:
    """Kinks, slopes and intercepts, float64."""
    kinks, slopes, intercepts = (
        np.array(numbers, dtype=np.float64) for numbers in (pieces.kinks, pieces.slopes, pieces.intercepts)
    )
    return kinks, slopes, intercepts


@dataclass(frozen=True)
class Layer:
    """``activation(x W + b)``: ``weights: (inputs, units)``, contiguous, and ``bias: (units,)``."""

    weights: Array
    bias: Array
    activation: PiecewiseLinear

    @classmethod
    def of(cls, affine: Array, activation: PiecewiseLinear) -> Layer:
        """From [W | b], ``(units, inputs + 1)``."""
        return cls(np.ascontiguousarray(affine[:, :-1].T), np.ascontiguousarray(affine[:, -1]), activation)

    @property
    def units(self) -> int:
        """Outputs."""
        return len(self.bias)

    @property
    def table(self) -> Pieces:
        """The activation's kinks, slopes and intercepts, float64."""
        return table(self.activation)


@dataclass(frozen=True)
class PlaneNetwork:
    """One member in float64: its hidden layers and the affine layer of one unit above them.

    Layers are numbered as in the network. An output layer with kinks is one more hidden layer, below an identity.
    """

    hidden: list[Layer]
    output: Layer
    tolerance: float

    @classmethod
    def of(cls, network: Network, member: int) -> PlaneNetwork:
        """Output 0 of a piecewise-linear network with two inputs; raises NotPiecewiseLinear or ValueError."""
        if not network.is_piecewise_linear:
            raise NotPiecewiseLinear
        if network.inputs != 2:
            raise ValueError(f"the network has {network.inputs} inputs; regions in the plane need two")
        if not 0 <= member < network.members:
            raise ValueError(f"member is {member}; the network has members 0 to {network.members - 1}")
        affines = [
            network.affine(index)[member].detach().cpu().numpy().astype(np.float64)
            for index in range(len(network.layers))
        ]
        if not all(np.isfinite(affine).all() for affine in affines):
            raise ValueError(f"member {member} has parameters that are not finite")
        affines[-1] = affines[-1][:1]
        activations = [ACTIVATIONS[layer.activation].pieces or IDENTITY for layer in network.layers]
        if activations[-1].kinks:
            affines.append(np.eye(1, 2))
            activations.append(IDENTITY)
        layers = [Layer.of(*pair) for pair in zip(affines, activations, strict=True)]
        return cls(layers[:-1], layers[-1], max(network.tie_tolerance, ROUNDING))


@dataclass(frozen=True)
class Sides:
    """What a layer leaves: which cells it made of which, and on which side of its lines they lie.

    ``parents: (cells,)``, the cell of the layer below that each is a part of; cells keep their number, parts get new
    ones. ``above: (cells, words)``, a bit for each line, as in ``Mesh``; a cell on which z stays on the kink counts as
    below it.
    ``limits: (units,)``: half the width of what counts as on a kink, away from doubtful vertices.
    """

    parents: Index
    above: Bits
    limits: Array
    dead: NDArray[np.bool_]  # (units,) on one flat piece, kinks included, on the whole domain


def subdivide(
    network: PlaneNetwork, domain: tuple[tuple[float, float], tuple[float, float]], most: int
) -> tuple[Mesh, list[Sides]]:
    """The cells of all hidden layers, with the output's values at the vertices, and what each layer left.

    Raises ``ValueError`` for more than ``most`` cells or where values overflow.
    """
    mesh, rounding, below = box(domain), Rounding.of_inputs(), IDENTITY
    sides = []
    for number, layer in enumerate(network.hidden, 1):
        mesh, rounding, limits = _lifted(mesh, layer, rounding, table(below), network.tolerance)
        below = layer.activation
        if below.kinks:
            mesh = _cut(mesh, layer, number, limits, rounding.steepness, most)
        cells = int(mesh.sizes[CELLS])
        if cells > most:
            raise ValueError(
                f"there are more than {most:,} cells; take a smaller domain, or raise most_cells"
            )
        sides.append(
            Sides(
                mesh.parents[:cells].copy(), mesh.cell_bits[:cells, ABOVE].copy(), limits, _dead(mesh, layer)
            )
        )
        rounding = rounding.above(below)
    return _lifted(mesh, network.output, rounding, table(below), network.tolerance)[0], sides


def _lifted(
    mesh: Mesh, layer: Layer, rounding: Rounding, pieces: Pieces, tolerance: float
) -> tuple[Mesh, Rounding, Array]:
    """The mesh with the next layer's pre-activations, their rounding, and what is near a kink, ``(units,)``."""
    count, below = int(mesh.sizes[VERTICES]), mesh.values
    sizes = in_shares(lambda low, high: largest(below, pieces, low, high), count, FEWEST)
    following = rounding.through(layer.weights, layer.bias, np.max(sizes, axis=0))
    mesh = with_lines(mesh, layer.units, len(layer.activation.kinks))

    def work(low: int, high: int) -> bool:
        return bool(raise_values(below, pieces, layer.weights, layer.bias, mesh.values, low, high))

    if not all(in_shares(work, count, FEWEST)):
        raise ValueError("the network overflows float64 on this domain")
    return mesh, following, tolerance * following.sigmas


def _cut(mesh: Mesh, layer: Layer, number: int, limits: Array, steepness: Array, most: int) -> Mesh:
    """The cells cut along the lines of a layer, until they are more than ``most``."""
    kinks = layer.table[0]
    ties = in_shares(
        lambda low, high: classify(mesh, kinks, limits, steepness, low, high),
        int(mesh.sizes[VERTICES]),
        FEWEST,
    )
    mesh.sizes[TIES] += sum(ties)
    in_shares(lambda low, high: survey_cells(mesh, low, high), int(mesh.sizes[CELLS]), FEWEST)
    cell, made = 0, mesh
    while (cell := cut(made, cell, number, kinks, limits, steepness, most)) < made.sizes[CELLS] <= most:
        made = grown(made)
    return made


def _dead(mesh: Mesh, layer: Layer) -> NDArray[np.bool_]:
    """The units that no vertex shows off one flat piece, ``(units,)``."""
    units, kinks = np.arange(layer.units), len(layer.activation.kinks)
    dead = np.zeros(layer.units, dtype=bool)
    if not kinks:
        return dead
    above, below = (
        (np.bitwise_or.reduce(bits[: mesh.sizes[VERTICES]], axis=0).reshape(kinks, -1)[:, units // WORD])
        >> (units % WORD)
        & 1
        != 0
        for bits in (mesh.bits[:, ABOVE], mesh.bits[:, BELOW])
    )
    for piece, slope in enumerate(layer.activation.slopes):
        if slope == 0.0:
            inside = np.ones(layer.units, dtype=bool)
            if piece < kinks:
                inside &= ~above[piece]
            if piece > 0:
                inside &= ~below[piece - 1]
            dead |= inside
    return dead
