"""A network as the counting needs it: every member's layers in float64, in one row of numbers, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.network import Network

__all__ = ["Array", "Index", "NotPiecewiseLinear", "Places", "Stack"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Places = NDArray[np.uint64]  # never negative, so that compiled loops need not look

ROUNDING = 2.0**-50  # a smaller tie tolerance could not tell a tie from rounding


class NotPiecewiseLinear(ValueError):
    """The network has an activation or an encoding that is not piecewise linear, so it has no linear regions."""


@dataclass(frozen=True)
class Stack:
    """All members, laid out for compiled loops; the last layer has no kinks.

    ``parameters: (members, P)``: layer after layer the transposed weights ``(inputs, outputs)``, then the biases.
    ``shapes: (layers, 3)``: inputs, outputs and number of kinks of each. ``pieces: (layers, 3, most kinks + 1)``: the
    kinks, slopes and intercepts of each activation, in the first places.
    """

    parameters: Array
    shapes: Index
    pieces: Array
    tolerance: float

    @classmethod
    def of(cls, network: Network, inputs: int | None = 1) -> Stack:
        """A piecewise-linear network of so many inputs, None for any; raises NotPiecewiseLinear or ValueError."""
        activations = _activations(network)
        if inputs is not None and network.inputs != inputs:
            raise ValueError(f"the network has {network.inputs} inputs; regions on the line need one")
        parameters = network.parameters.detach().cpu().numpy()
        if not np.isfinite(parameters).all():
            member = int(np.isfinite(parameters).all(axis=1).argmin())
            raise ValueError(f"member {member} has parameters that are not finite")
        sizes = [(layer.inputs, layer.outputs) for layer in network.layers]
        bends = bool(
            activations[-1].kinks
        )  # then the output layer is one more hidden layer, below an identity
        if bends:
            sizes.append((network.outputs, network.outputs))
            activations.append(PiecewiseLinear((), (1.0,), (0.0,)))
        members = network.members
        packed = np.empty((members, sum((a + 1) * b for a, b in sizes)))
        for (a, b), (low, high) in zip(sizes, pairwise(network.offsets), strict=False):
            block = parameters[:, low:high].reshape(members, b, a + 1)
            packed[:, low : high - b].reshape(members, a, b)[...] = block[:, :, :-1].transpose(0, 2, 1)
            packed[:, high - b : high] = block[:, :, -1]
        if bends:
            last = np.vstack([np.eye(network.outputs), np.zeros(network.outputs)])
            packed[:, network.offsets[-1] :] = last.ravel()
        shapes = [(a, b, len(each.kinks)) for (a, b), each in zip(sizes, activations, strict=True)]
        tolerance = max(network.tie_tolerance, ROUNDING)
        return cls(packed, np.array(shapes, dtype=np.int64), _table(tuple(activations)), tolerance)


def _activations(network: Network) -> list[PiecewiseLinear]:
    if not network.is_piecewise_linear:
        raise NotPiecewiseLinear(
            "linear regions need a piecewise-linear network: relu, leaky_relu, hat, hardtanh or identity layers "
            "and no encoding"
        )
    known = [ACTIVATIONS[layer.activation].pieces for layer in network.layers]
    return [pieces for pieces in known if pieces is not None]


@lru_cache
def _table(activations: tuple[PiecewiseLinear, ...]) -> Array:
    table = np.zeros((len(activations), 3, max(len(each.slopes) for each in activations)))
    for row, each in zip(table, activations, strict=True):
        for place, numbers in zip(row, (each.kinks, each.slopes, each.intercepts), strict=True):
            place[: len(numbers)] = numbers
    return table
