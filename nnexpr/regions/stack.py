"""A network as the counting needs it: its layers in float64, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.network import Network
from nnexpr.regions.front import Array, Index

__all__ = ["NotPiecewiseLinear", "Stack"]

ROUNDING = 2.0**-50  # a smaller tie tolerance could not tell a tie from rounding


class NotPiecewiseLinear(ValueError):
    """The network has an activation or an encoding that is not piecewise linear, so it has no linear regions."""


@dataclass(frozen=True)
class Stack:
    """[W | b] of every layer, ``(members, outputs, inputs + 1)``; the last layer has no kinks.

    ``numbers: (members,)`` are the members' places in the network that was given.
    """

    numbers: Index
    affines: list[Array]
    activations: list[PiecewiseLinear]
    tolerance: float

    @classmethod
    def of(cls, network: Network) -> Stack:
        """All members of a piecewise-linear network with one input; raises NotPiecewiseLinear or ValueError."""
        known = [ACTIVATIONS[layer.activation].pieces for layer in network.layers]
        activations = [pieces for pieces in known if pieces is not None]
        if not network.is_piecewise_linear:
            raise NotPiecewiseLinear(
                "linear regions need a piecewise-linear network: relu, leaky_relu, hat, hardtanh or identity layers "
                "and no encoding"
            )
        if network.inputs != 1:
            raise ValueError(f"the network has {network.inputs} inputs; regions on the line need one")
        parameters = network.parameters.detach().cpu().numpy().astype(np.float64)
        finite = np.isfinite(parameters).all(axis=1)
        if not finite.all():
            raise ValueError(f"member {int(finite.argmin())} has parameters that are not finite")
        affines = [
            parameters[:, low:high].reshape(-1, layer.outputs, layer.inputs + 1)
            for layer, (low, high) in zip(network.layers, pairwise(network.offsets), strict=True)
        ]
        if activations[-1].kinks:  # then the output layer is one more hidden layer, below an identity
            last = np.eye(network.outputs, network.outputs + 1)
            affines.append(np.broadcast_to(last, (network.members, *last.shape)))
            activations.append(PiecewiseLinear((), (1.0,), (0.0,)))
        return cls(np.arange(network.members), affines, activations, max(network.tie_tolerance, ROUNDING))

    def select(self, members: Index | slice) -> Stack:
        """Some of the members: views for a slice, else copies."""
        affines = [affine[members] for affine in self.affines]
        return Stack(self.numbers[members], affines, self.activations, self.tolerance)
