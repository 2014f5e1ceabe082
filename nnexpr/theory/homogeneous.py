"""The whole line as a path of finite length.

For a ReLU network f of one input, F(u, v) = v f(u/v), v > 0, is computed by the same network with every bias b replaced
by a weight b from one more channel that carries v: ReLU is positively homogeneous, and σ(v) = v passes the channel
on. F is positively homogeneous, so it is one linear map on a cone exactly where f is one affine map on the interval
of u/v. As (u, v) runs along the two straight segments (−1, 0) → (0, 1) → (1, 0), u/v runs over the whole line from
−∞ to +∞; F(±1, 0) is the slope of f at ±∞ (with the sign of the end). So the linear regions of f on the whole line
are those of F along that path, however far out its bends lie.

Source: elementary (the projective line); for leaky ReLU it holds as well.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.network import Network

__all__ = ["WHOLE_LINE", "homogenised"]

WHOLE_LINE = ((-1.0, 0.0), (0.0, 1.0), (1.0, 0.0))  # (u, v); x = u / v


def homogenised(network: Network) -> Network:
    """F(u, v) = v f(u/v) for v >= 0, as a network of one more input, in float64 and with no biases.

    Each hidden layer has one more unit, the last, which is v. Raises ValueError for an encoding, and for an activation
    that is not positively homogeneous, or where the last layer adds what another gave.
    """
    if network.encoding is not None:
        raise ValueError("a network with an input encoding is not positively homogeneous")
    homogeneous = [n for n, each in ACTIVATIONS.items() if each.pieces and each.pieces.is_homogeneous]
    unfit = {layer.activation for layer in network.layers}.difference(homogeneous)
    if unfit:
        raise ValueError(
            f"{', '.join(sorted(unfit))}: only {', '.join(homogeneous)} are positively homogeneous"
        )
    last = len(network.layers) - 1
    if network.layers[last].adds:
        raise ValueError("a network whose last layer adds what another gave cannot be homogenised")
    layers, blocks = [], []
    for index, layer in enumerate(network.layers):
        carried = int(index < last)
        layers.append(replace(layer, inputs=layer.inputs + 1, outputs=layer.outputs + carried))
        block = torch.zeros(network.members, layer.outputs + carried, layer.inputs + 2, dtype=torch.float64)
        block[:, : layer.outputs, :-1] = network.affine(index)  # the bias column is now v's weight
        if carried and not layer.adds:  # what is added has v already
            block[:, -1, -2] = 1.0
        blocks.append(block.flatten(1))
    return Network(
        tuple(layers), torch.cat(blocks, dim=1), seeds=network.seeds, tie_tolerance=network.tie_tolerance
    )
