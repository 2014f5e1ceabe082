"""The working copy of a group's parameters: layer by layer, each layer's weights of all members contiguous.

A network stores its members one after another. Batched matrix products write in place only to contiguous results, so
training keeps ``weights[l]: (members, outputs, inputs)`` and ``biases[l]: (members, outputs, 1)`` as contiguous
blocks of one flat tensor, and an optimiser sees that flat tensor alone. Frozen layers live in a tensor of their own,
so that no optimiser touches them. (Measured: member-major views cost 2 to 4 times as much a step, see
docs/decisions/training.md.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import offsets

__all__ = ["ParameterBlocks"]


class ParameterBlocks:
    """Weights and biases of ``members`` networks of one shape, or room for their gradient.

    ``trained``: 1-D, all weights and biases that training changes; ``frozen``: 1-D, the others (empty for a gradient).
    """

    def __init__(
        self, layers: Sequence[AffineLayer], members: int, *, dtype: torch.dtype, device: torch.device,
        gradient: bool = False,
    ) -> None:  # fmt: skip
        sizes = {True: 0, False: 0}
        for layer in layers:
            sizes[layer.trained] += members * layer.size
        self.layers = tuple(layers)
        self.members = members
        self.trained = torch.zeros(sizes[True], dtype=dtype, device=device)
        self.frozen = torch.zeros(0 if gradient else sizes[False], dtype=dtype, device=device)
        self.weights: list[Tensor] = []
        self.biases: list[Tensor] = []
        taken = {True: 0, False: 0}
        for layer in layers:
            if gradient and not layer.trained:
                self.weights.append(self.frozen)  # never read: a frozen layer has no gradient
                self.biases.append(self.frozen)
                continue
            flat = (self.trained if layer.trained else self.frozen)[taken[layer.trained] :]
            products = members * layer.outputs * layer.inputs
            self.weights.append(flat[:products].view(members, layer.outputs, layer.inputs))
            self.biases.append(flat[products : members * layer.size].view(members, layer.outputs, 1))
            taken[layer.trained] += members * layer.size

    def load(self, parameters: Tensor) -> None:
        """Take the values of ``parameters: (members, P)``, in a network's own layout."""
        for layer, weight, bias, columns in zip(
            self.layers, self.weights, self.biases, self._columns(), strict=True
        ):
            affine = parameters[:, columns].view(self.members, layer.outputs, layer.inputs + 1)
            weight.copy_(affine[:, :, :-1])
            bias.copy_(affine[:, :, -1:])

    def store(self, parameters: Tensor) -> None:
        """Write the values to ``parameters: (members, P)``; the gradient of a frozen layer is zero."""
        for layer, weight, bias, columns in zip(
            self.layers, self.weights, self.biases, self._columns(), strict=True
        ):
            affine = parameters[:, columns].view(self.members, layer.outputs, layer.inputs + 1)
            if weight.numel():
                affine[:, :, :-1].copy_(weight)
                affine[:, :, -1:].copy_(bias)
            else:
                affine.zero_()

    def _columns(self) -> list[slice]:
        return [slice(a, b) for a, b in pairwise(offsets(self.layers))]
