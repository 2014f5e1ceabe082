"""The torch module of a network whose layers add what lower layers gave, which no ``nn.Sequential`` can be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["ADDED", "AddingStack"]

ADDED = "added"  # the buffer's name


class AddingStack(nn.Module):
    """Affine layers with an activation each, of which some add what a layer below them gave.

    ``adds``, for each layer: its output is ``activation(linear(x) + y)``, with y what the layer so many below it gave;
    1 is the one whose outputs it takes, and below the first are the inputs themselves; 0 adds nothing.
    """

    def __init__(
        self, linears: Sequence[nn.Linear], activations: Sequence[nn.Module], adds: Sequence[int]
    ) -> None:
        super().__init__()
        # In the state dict too: who reads the weights alone must not take them for a plain stack.
        self.register_buffer(ADDED, torch.tensor(adds))
        self.affine = nn.ModuleDict({f"layer{number}": linear for number, linear in enumerate(linears, 1)})
        self.activations = nn.ModuleList(activations)
        self.adds = tuple(adds)

    def extra_repr(self) -> str:
        """What each layer adds."""
        return f"adds={self.adds}"

    def forward(self, x: Tensor) -> Tensor:
        """``(points, inputs)`` to ``(points, outputs)``."""
        given = [x]
        for linear, activation, adds in zip(self.affine.values(), self.activations, self.adds, strict=True):
            z = linear(given[-1])
            given.append(activation(z + given[-adds] if adds else z))
        return given[-1]
