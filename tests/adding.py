"""Networks whose layers add what others gave, and torch modules written without the engine that say what they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network

__all__ = ["FUNCTIONS", "ByHand", "ResidualBlocks", "random_adding", "random_layers"]

FUNCTIONS = {
    "identity": lambda z: z,
    "relu": torch.relu,
    "relu2": lambda z: torch.relu(z).square(),
    "leaky_relu": torch.nn.functional.leaky_relu,
    "hardtanh": torch.nn.functional.hardtanh,
    "elu": torch.nn.functional.elu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "sine": torch.sin,
    "gelu": torch.nn.functional.gelu,
    "hat": lambda z: torch.relu(z) - 2 * torch.relu(z - 1) + torch.relu(z - 2),
}


def random_layers(
    rng: np.random.Generator, activations: list[str], *, inputs: int = 1, depth: int = 6, frozen: float = 0.3
) -> tuple[AffineLayer, ...]:
    """Layers of few widths, most of which add what one as wide below them gave, the inputs among them."""
    widths = [inputs, *rng.choice([inputs, 3, 5], depth - 1).tolist(), 1]
    layers = []
    for index, (below, own) in enumerate(pairwise(widths)):
        able = [index + 1 - place for place in range(index + 1) if widths[place] == own]
        adds = int(rng.choice(able)) if able and rng.random() < 0.8 else 0
        activation = "identity" if index == depth - 1 else str(rng.choice([*activations, "identity"]))
        trained = bool(index == depth - 1 or rng.random() >= frozen)
        layers.append(AffineLayer(below, own, activation, trained, adds))
    return tuple(layers)


def random_adding(
    layers: tuple[AffineLayer, ...], members: int = 1, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Network:
    size = sum(layer.size for layer in layers)
    generator = torch.Generator().manual_seed(seed)
    return Network(layers, 0.7 * torch.randn(members, size, generator=generator, dtype=dtype))


class ByHand(nn.Module):
    """One member: each layer's result by its number, sums of two of them where a layer adds one."""

    def __init__(self, network: Network, member: int = 0) -> None:
        super().__init__()
        self.layers, self.encoding = network.layers, network.encoding
        self.weights = nn.ParameterList(
            network.weight(index)[member].detach().clone() for index in range(len(network.layers))
        )
        self.biases = nn.ParameterList(
            network.bias(index)[member].detach().clone() for index in range(len(network.layers))
        )

    def forward(self, x: Tensor) -> Tensor:
        results = {0: x if self.encoding is None else self.encoding(x).T}
        for number, layer in enumerate(self.layers, 1):
            z = nn.functional.linear(results[number - 1], self.weights[number - 1], self.biases[number - 1])
            if layer.adds:
                z = z + results[number - layer.adds]
            results[number] = FUNCTIONS[layer.activation](z)
        return results[len(self.layers)]

    def gradient(self, loss: Tensor, *, keep: bool = False) -> Tensor:
        """Over all parameters, in the layout of the network's; zero of layers that are frozen."""
        parameters = [*self.weights, *self.biases]
        found = torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=keep)
        filled = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]
        depth = len(self.layers)
        rows = [
            torch.cat([filled[index], filled[depth + index][:, None]], dim=1).reshape(-1) * layer.trained
            for index, layer in enumerate(self.layers)
        ]
        return torch.cat(rows)


class ResidualBlocks(nn.Module):
    """A ResMMNN: blocks ``A relu(W x + b) + c``; those but the first and the last add their input."""

    def __init__(self, network: Network, member: int = 0, activation: str = "relu") -> None:
        super().__init__()
        self.function, self.blocks = FUNCTIONS[activation], nn.ModuleList()
        for index in range(0, len(network.layers), 2):
            inner, outer = (self._linear(network, member, place) for place in (index, index + 1))
            self.blocks.append(nn.ModuleList([inner.requires_grad_(False), outer]))

    @staticmethod
    def _linear(network: Network, member: int, index: int) -> nn.Linear:
        layer = network.layers[index]
        linear = nn.Linear(layer.inputs, layer.outputs, dtype=network.parameters.dtype)
        linear.weight.data.copy_(network.weight(index)[member])
        linear.bias.data.copy_(network.bias(index)[member])
        return linear

    def forward(self, x: Tensor) -> Tensor:
        first, *middle, last = self.blocks
        h = first[1](self.function(first[0](x)))
        for inner, outer in middle:
            h = h + outer(self.function(inner(h)))
        return last[1](self.function(last[0](h)))
