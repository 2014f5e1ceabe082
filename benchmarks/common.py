"""What several measurements share: the shortest of several runs, random networks, and training one network by torch."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network


def best(action: Callable[[], object], seconds: float = 0.4) -> float:
    """Seconds of the shortest of as many runs as fit into the time, at least two."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    while len(times) < 2 or time.perf_counter() < until:
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def he_networks(
    widths: list[int], members: int = 1, inputs: int = 1, activation: str = "relu", bias: float = 1.0
) -> Network:
    """Weights N(0, 2 / inputs), biases N(0, bias²), float64."""
    rng = np.random.default_rng(0)
    sizes = list(zip([inputs, *widths], [*widths, 1], strict=True))
    layers = [AffineLayer(a, b, activation) for a, b in sizes[:-1]] + [AffineLayer(*sizes[-1])]
    scales = np.concatenate([np.tile([*[np.sqrt(2 / a)] * a, bias], b) for a, b in sizes])
    return Network(tuple(layers), torch.from_numpy(scales * rng.normal(size=(members, len(scales)))))


def torch_epoch(module: nn.Module, x: Tensor, y: Tensor, lr: float = 1e-3) -> Callable[[], None]:
    """One epoch of full-batch Adam as people write it: ``nn.Module``, autograd, ``torch.optim.Adam``."""
    optimizer = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=lr)

    def epoch() -> None:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(module(x)[:, 0], y).backward()
        optimizer.step()

    return epoch
