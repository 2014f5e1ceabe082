"""The planar subdivision of a network, layer by layer, and what each layer leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.network import Network
from nnexpr.regions.plane_cut import cut
from nnexpr.regions.plane_mesh import CELLS, VERTICES, WORD, Array, Bits, Index, Mesh, box, grown, with_values
from nnexpr.regions.plane_sides import classify
from nnexpr.regions.plane_ties import Rounding
from nnexpr.regions.plane_values import activate, add, largest, raise_rows
from nnexpr.regions.stack import NotPiecewiseLinear

__all__ = ["Layer", "PlaneNetwork", "Sides", "subdivide"]

LEAST_TOLERANCE = 2.0**-50  # a smaller one could not tell a tie from rounding
IDENTITY = PiecewiseLinear((), (1.0,), (0.0,))


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
    def lines(self) -> int:
        """Kinks of all units."""
        return self.units * len(self.activation.kinks)

    @property
    def table(self) -> tuple[Array, Array, Array]:
        """The activation's kinks, slopes and intercepts, float64."""
        pieces = self.activation
        kinks, slopes, intercepts = (
            np.array(numbers, dtype=np.float64)
            for numbers in (pieces.kinks, pieces.slopes, pieces.intercepts)
        )
        return kinks, slopes, intercepts


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
            raise NotPiecewiseLinear(
                "linear regions need a piecewise-linear network: relu, leaky_relu, hat, hardtanh or identity layers "
                "and no encoding"
            )
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
        return cls(layers[:-1], layers[-1], max(network.tie_tolerance, LEAST_TOLERANCE))


@dataclass(frozen=True)
class Sides:
    """What a layer leaves: which cells it made of which, and on which side of its lines they lie.

    ``parents: (cells,)``, the cell of the layer below that each is a part of; cells keep their number, parts get new
    ones. ``above: (cells, words)``, a bit for each line; a cell on which z stays on the kink counts as below it.
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
    mesh, rounding = box(domain), Rounding.of_inputs()
    sides = []
    for number, layer in enumerate(network.hidden, 1):
        mesh, rounding = _lifted(mesh, layer, rounding)
        kinks, slopes, intercepts = layer.table
        limits = network.tolerance * rounding.sigmas
        cell = 0
        if layer.lines:
            classify(mesh, kinks, limits, rounding.steepness)
            while (
                (cell := cut(mesh, cell, number, kinks, limits, rounding.steepness, most))
                < mesh.sizes[CELLS]
                <= most
            ):
                mesh = grown(mesh)
        cells = int(mesh.sizes[CELLS])
        if cells > most:
            raise ValueError(
                f"there are more than {most:,} cells; take a smaller domain, or raise most_cells"
            )
        sides.append(
            Sides(mesh.parents[:cells].copy(), mesh.cell_above[:cells].copy(), limits, _dead(mesh, layer))
        )
        activate(mesh.values[: mesh.sizes[VERTICES]], kinks, slopes, intercepts)
        rounding = rounding.above(layer.activation)
    return _lifted(mesh, network.output, rounding)[0], sides


def _lifted(mesh: Mesh, layer: Layer, rounding: Rounding) -> tuple[Mesh, Rounding]:
    """The mesh with the next layer's pre-activations."""
    count = int(mesh.sizes[VERTICES])
    below = mesh.values[:count]
    values = np.empty((len(mesh.points), layer.units))
    raise_rows(below, layer.weights, values)
    if not add(values[:count], layer.bias):
        raise ValueError("the network overflows float64 on this domain")
    following = rounding.through(layer.weights, layer.bias, largest(below))
    return with_values(mesh, values, layer.lines), following


def _dead(mesh: Mesh, layer: Layer) -> NDArray[np.bool_]:
    """The units that no vertex shows off one flat piece, ``(units,)``."""
    units, kinks = layer.units, len(layer.activation.kinks)
    count = mesh.sizes[VERTICES]
    dead = np.zeros(units, dtype=bool)
    if not layer.lines:
        return dead
    lines = np.arange(layer.lines)
    above, below = (
        ((np.bitwise_or.reduce(bits[:count], axis=0)[lines // WORD] >> (lines % WORD)) & 1).reshape(
            units, kinks
        )
        != 0
        for bits in (mesh.above, mesh.below)
    )
    for piece, slope in enumerate(layer.activation.slopes):
        if slope == 0.0:
            inside = np.ones(units, dtype=bool)
            if piece < kinks:
                inside &= ~above[:, piece]
            if piece > 0:
                inside &= ~below[:, piece - 1]
            dead |= inside
    return dead
