"""A network as the counting needs it: every member's layers in float64, in one row of numbers, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.kernels.compiled import compiled
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network

__all__ = ["ROUNDING", "Array", "Index", "NotPiecewiseLinear", "Stack"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ROUNDING = 2.0**-50  # a smaller tie tolerance could not tell a tie from rounding


class NotPiecewiseLinear(ValueError):
    """The network has an activation or an encoding that is not piecewise linear, so it has no linear regions."""

    def __str__(self) -> str:
        *names, last = (name for name, activation in ACTIVATIONS.items() if activation.pieces)
        known = f"{', '.join(names)} or {last}"
        return f"linear regions need a piecewise-linear network: {known} layers and no encoding"


@dataclass(frozen=True)
class Stack:
    """All members, laid out for compiled loops; the last layer has no kinks.

    ``parameters: (members, P)``: layer after layer the transposed weights ``(inputs, outputs)``, then the biases.
    ``shapes: (layers, 3)``: inputs, outputs and number of kinks of each. ``pieces: (layers, 3, most kinks + 1)``: the
    kinks, slopes and intercepts of each activation, in the first places. ``units``: the hidden units one after another,
    as (layer from 1, unit from 0).
    """

    parameters: Array
    shapes: Index
    pieces: Array
    tolerance: float
    units: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, network: Network, inputs: int | None = 1) -> Stack:
        """A piecewise-linear network of so many inputs, None for any; raises NotPiecewiseLinear or ValueError."""
        if network.encoding is not None:
            raise NotPiecewiseLinear
        shapes, pieces, units, bends = _plan(network.layers)
        if inputs is not None and network.inputs != inputs:
            raise ValueError(f"the network has {network.inputs} inputs; regions on the line need one")
        parameters = np.ascontiguousarray(network.parameters.detach().cpu().numpy(), dtype=np.float64)
        last = (network.outputs + 1) * network.outputs if bends else 0
        packed = np.empty((network.members, network.parameter_count + last))
        if not pack(parameters, shapes[: len(network.layers)], packed):
            member = int(np.isfinite(parameters).all(axis=1).argmin())
            raise ValueError(f"member {member} has parameters that are not finite")
        if bends:
            identity = np.vstack([np.eye(network.outputs), np.zeros(network.outputs)])
            packed[:, network.parameter_count :] = identity.ravel()
        return cls(packed, shapes, pieces, max(network.tie_tolerance, ROUNDING), units)


@lru_cache
def _plan(layers: tuple[AffineLayer, ...]) -> tuple[Index, Array, tuple[tuple[int, int], ...], bool]:
    """Shapes, pieces, hidden units, and whether the output layer has kinks.

    Then it is one more hidden layer, below an identity.
    """
    activations = [ACTIVATIONS[layer.activation].pieces for layer in layers]
    known = [pieces for pieces in activations if pieces is not None]
    if len(known) < len(layers):
        raise NotPiecewiseLinear
    sizes = [(layer.inputs, layer.outputs) for layer in layers]
    bends = bool(known[-1].kinks)
    if bends:
        sizes.append((layers[-1].outputs, layers[-1].outputs))
        known.append(PiecewiseLinear((), (1.0,), (0.0,)))
    shapes = [(a, b, len(each.kinks)) for (a, b), each in zip(sizes, known, strict=True)]
    table = np.zeros((len(known), 3, max(len(each.slopes) for each in known)))
    for row, each in zip(table, known, strict=True):
        for place, numbers in zip(row, (each.kinks, each.slopes, each.intercepts), strict=True):
            place[: len(numbers)] = numbers
    units = [(layer, unit) for layer, (_, width) in enumerate(sizes[:-1], 1) for unit in range(width)]
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
