"""A network as the counting needs it: each member's layers in float64, in one row of numbers, without torch.

Layers take what is right below them; for what is added from further down see ``carried.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.kernels.compiled import compiled
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions.carried import carried

__all__ = ["Array", "Index", "Layer", "Member", "NotPiecewiseLinear", "Pieces", "Stack", "layer_of", "room"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Pieces = tuple[Array, Array, Array]  # an activation's kinks, slopes and intercepts

ROUNDING = 2.0**-50  # a smaller tie tolerance could not tell a tie from rounding


class NotPiecewiseLinear(ValueError):
    """The network has an activation or an encoding that is not piecewise linear, so it has no linear regions."""

    def __str__(self) -> str:
        *names, last = (name for name, activation in ACTIVATIONS.items() if activation.pieces)
        known = f"{', '.join(names)} or {last}"
        return f"linear regions need a piecewise-linear network: {known} layers and no encoding"


class Layer(NamedTuple):
    """``activation(x W + b)``, but of the last ``passing`` outputs, which have no activation."""

    weights: Array  # (inputs, outputs)
    bias: Array  # (outputs,)
    pieces: Pieces
    passing: int


class Member(NamedTuple):
    """One network. Its last layer has no kinks."""

    parameters: Array  # (P,) layer after layer the weights (inputs, outputs), then the biases
    shapes: Index  # (layers, 4) inputs, outputs, number of kinks and passing outputs of each
    pieces: Array  # (layers, 3, most kinks + 1) kinks, slopes and intercepts, in the first places
    tolerance: float  # of ties


@compiled
def layer_of(member: Member, number: int) -> Layer:
    """The layer ``number``, from 0; views, not copies."""
    parameters, shapes, pieces, _ = member
    start = 0
    for below in range(number):
        start += (shapes[below, 0] + 1) * shapes[below, 1]
    inputs, outputs, kinks = shapes[number, 0], shapes[number, 1], shapes[number, 2]
    middle = start + inputs * outputs
    return Layer(
        parameters[start:middle].reshape(inputs, outputs),
        parameters[middle : middle + outputs],
        (pieces[number, 0, :kinks], pieces[number, 1, : kinks + 1], pieces[number, 2, : kinks + 1]),
        shapes[number, 3],
    )


@compiled
def room(kinks: Array) -> float:
    """How near to a kink counts as on it at most: a quarter of the least distance between two."""
    least = np.inf
    for at in range(1, len(kinks)):
        least = min(least, kinks[at] - kinks[at - 1])
    return least / 4.0


@dataclass(frozen=True)
class Stack:
    """All members, ``parameters (members, P)``, and what they share; an output layer with kinks is a hidden one more.

    ``units``: the hidden units one after another, as (layer from 1, unit from 0).
    """

    parameters: Array
    shapes: Index
    pieces: Array
    tolerance: float
    units: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, network: Network, inputs: int | None = 1, member: int | None = None) -> Stack:
        """A piecewise-linear network of so many inputs, None for any; all members, or one of them.

        Raises NotPiecewiseLinear or ValueError.
        """
        if network.encoding is not None:
            raise NotPiecewiseLinear
        layers, rows, first = network.layers, network.parameters, 0
        if member is not None:
            rows, first = rows[member : member + 1], member
        shapes, pieces, units, bends = _plan(layers)
        if inputs is not None and network.inputs != inputs:
            raise ValueError(
                f"the network's number of inputs is {network.inputs}; to count these regions it is {inputs}"
            )
        if not 0 <= first < network.members:
            raise ValueError(f"member is {member}; the network has members 0 to {network.members - 1}")
        parameters = np.ascontiguousarray(rows.detach().cpu().numpy(), dtype=np.float64)
        inner = shapes[: len(layers)]
        outputs, count = layers[-1].outputs, int((inner[:, 0] + 1) @ inner[:, 1])
        packed = np.empty((len(parameters), count + ((outputs + 1) * outputs if bends else 0)))
        adding = network.architecture.has_additions
        if not (spread(parameters, layers, packed) if adding else pack(parameters, inner, packed)):
            first += int(np.isfinite(parameters).all(axis=1).argmin())
            raise ValueError(f"member {first} has parameters that are not finite")
        if bends:
            packed[:, count:] = np.eye(outputs + 1, outputs).ravel()
        return cls(packed, shapes, pieces, max(network.tie_tolerance, ROUNDING), units)

    def member(self, number: int) -> Member:
        """One of them, from 0."""
        return Member(self.parameters[number], self.shapes, self.pieces, self.tolerance)


@lru_cache
def _plan(layers: tuple[AffineLayer, ...]) -> tuple[Index, Array, tuple[tuple[int, int], ...], bool]:
    """Shapes, pieces, hidden units, and whether the output layer has kinks.

    Then it is one more hidden layer, below an identity.
    """
    activations = [ACTIVATIONS[layer.activation].pieces for layer in layers]
    known = [pieces for pieces in activations if pieces is not None]
    if len(known) < len(layers):
        raise NotPiecewiseLinear
    sizes = [(each.inputs, each.outputs, each.passing) for each in carried(layers)]
    bends = bool(known[-1].kinks)
    if bends:
        sizes.append((layers[-1].outputs, layers[-1].outputs, 0))
        known.append(PiecewiseLinear((), (1.0,), (0.0,)))
    shapes = [(a, b, len(each.kinks), passing) for (a, b, passing), each in zip(sizes, known, strict=True)]
    table = np.zeros((len(known), 3, max(len(each.slopes) for each in known)))
    for row, each in zip(table, known, strict=True):
        for place, numbers in zip(row, (each.kinks, each.slopes, each.intercepts), strict=True):
            place[: len(numbers)] = numbers
    units = [
        (layer, unit)
        for layer, (_, outputs, passing) in enumerate(sizes[:-1], 1)
        for unit in range(outputs - passing)
    ]
    return np.array(shapes, dtype=np.int64), table, tuple(units), bends


@compiled
def pack(parameters: Array, shapes: Index, packed: Array) -> bool:
    """Write the layers, [W | b] row by row, as transposed weights and then biases; whether all is finite."""
    infinite = 0
    for member in range(len(parameters)):
        start = 0
        for layer in range(len(shapes)):
            inputs, outputs = shapes[layer, 0], shapes[layer, 1]
            for each in range(inputs + 1):
                for unit in range(outputs):
                    number = parameters[member, start + unit * (inputs + 1) + each]
                    packed[member, start + each * outputs + unit] = number
            start += (inputs + 1) * outputs
        for each in range(start):
            infinite += not abs(parameters[member, each]) < np.inf
    return infinite == 0


def spread(parameters: Array, layers: Sequence[AffineLayer], packed: Array) -> bool:
    """The same as ``pack`` where layers add what others gave, which those between pass on."""
    taken, written = 0, 0
    for layer, wider in zip(layers, carried(layers), strict=True):
        block = np.zeros((len(parameters), wider.inputs + 1, wider.outputs))
        own = parameters[:, taken : taken + layer.size].reshape(-1, layer.outputs, layer.inputs + 1)
        block[:, : layer.inputs, : layer.outputs] = own[:, :, :-1].transpose(0, 2, 1)
        block[:, -1, : layer.outputs] = own[:, :, -1]
        for below, above in wider.ones:
            block[:, below, above] += 1.0
        packed[:, written : written + block[0].size] = block.reshape(len(parameters), -1)
        taken, written = taken + layer.size, written + block[0].size
    return bool(np.isfinite(parameters).all())
