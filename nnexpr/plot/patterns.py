"""The activation pattern of a network at points of its input, and a number made of it by which a cell keeps its colour.

A cell that two networks, or one network at two epochs, have in common has the same pattern in both, and so the same
number, wherever it lies by then.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.network import Network
from nnexpr.regions.stack import NotPiecewiseLinear

__all__ = ["pattern_numbers", "patterns"]

Array = NDArray[np.float64]


def patterns(network: Network, points: Array) -> NDArray[np.uint8]:
    """On which piece of its activation each unit is, from 0: ``(points, units)``, of the first member.

    Of all layers but the output; pieces beyond 255 are not told apart. Raises ``NotPiecewiseLinear``.
    """
    before = network.member(0).to(dtype=torch.float64).pre_activations(torch.as_tensor(points))
    found = []
    for layer, (z,) in zip(network.layers[:-1], before, strict=False):
        pieces = ACTIVATIONS[layer.activation].pieces
        if pieces is None:
            raise NotPiecewiseLinear
        kinks = torch.tensor(pieces.kinks, dtype=z.dtype, device=z.device)
        found.append(torch.bucketize(z, kinks).clamp(max=255).to(torch.uint8).cpu().numpy())
    return np.concatenate([*found, np.empty((0, len(points)), dtype=np.uint8)]).T


def pattern_numbers(network: Network, points: Array) -> Array:
    """A number from 0 to 1 of each point's pattern: ``(points,)``, far apart where patterns differ in one unit."""
    return np.array([crc32(row.tobytes()) / 2**32 for row in patterns(network, points)])
