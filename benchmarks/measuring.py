"""What the benchmarks of counting share: networks to count, and the time that something takes."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from nnexpr.networks.network import AffineLayer, Network

__all__ = ["best", "he_networks"]


def he_networks(
    widths: list[int], members: int = 1, *, inputs: int = 1, activation: str = "relu", bias: float = 1.0
) -> Network:
    """Weights N(0, 2 / inputs), biases N(0, bias^2), float64, one output."""
    rng = np.random.default_rng(0)
    sizes = list(zip([inputs, *widths], [*widths, 1], strict=True))
    layers = [AffineLayer(a, b, activation) for a, b in sizes[:-1]] + [AffineLayer(*sizes[-1])]
    scales = np.concatenate([np.tile([*[np.sqrt(2 / a)] * a, bias], b) for a, b in sizes])
    return Network(tuple(layers), torch.from_numpy(scales * rng.normal(size=(members, len(scales)))))


def best(action: Callable[[], object], seconds: float = 0.4) -> float:
    """The shortest of as many runs as fit into the time, at least two."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    while len(times) < 2 or time.perf_counter() < until:
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)
