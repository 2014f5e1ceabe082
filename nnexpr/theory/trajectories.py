"""How long a curve becomes on its way through a random network.

For weights N(0, σ_w²/k) and biases N(0, σ_b²) in layers of width k, Raghu et al. bound the expected growth of a curve's
length in d layers from below by O(g)^d, with a constant for every layer that they leave open, and

    hard tanh   g = σ_w √k / sqrt(σ_w² + σ_b² + k sqrt(σ_w² + σ_b²))
    ReLU        g = σ_w √k / sqrt(k + 1)

so with wide layers and large weights length grows exponentially with depth. With He's variance, σ_w² = 2 and no bias,
a ReLU halves the squared length on average and the weights double it, so the mean square growth is 1 and the mean
growth below it: length shrinks slightly with depth, like exp(−c Σ 1/n_l) (Hanin, Jeong, Rolnick).

Sources: M. Raghu, B. Poole, J. Kleinberg, S. Ganguli, J. Sohl-Dickstein, "On the expressive power of deep neural
networks", ICML 2017 (arXiv 1606.05336); B. Hanin, R. Jeong, D. Rolnick, arXiv 2102.10492. Lengths themselves are exact:
``nnexpr.trajectory_length``.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch

from nnexpr.kinds import dense_layers
from nnexpr.networks.network import Network

__all__ = ["growth_bound", "random_network"]


def random_network(
    width: int,
    hidden_layers: int,
    activation: str,
    weight_variance: float,
    bias_variance: float = 0.0,
    *,
    members: int = 1,
    seed: int = 0,
    inputs: int = 2,
) -> Network:
    """Layers of ``width`` units with weights N(0, weight_variance / fan-in) and biases N(0, bias_variance), float64.

    One linear output above them; member i is drawn from ``default_rng(seed + i)``.
    """
    layers = dense_layers((inputs, *[width] * hidden_layers, 1), activation)
    rows = []
    for member in range(members):
        rng = np.random.default_rng(seed + member)
        for layer in layers:
            block = rng.standard_normal((layer.outputs, layer.inputs + 1))
            block[:, :-1] *= sqrt(weight_variance / layer.inputs)
            block[:, -1] *= sqrt(bias_variance)
            rows.append(block.ravel())
    flat = np.concatenate(rows).reshape(members, -1)
    return Network(layers, torch.from_numpy(flat), seeds=tuple(range(seed, seed + members)))


def growth_bound(activation: str, width: int, weight_variance: float, bias_variance: float = 0.0) -> float:
    """g of Raghu et al.: the growth of length in one layer, at least, but for a constant."""
    if activation == "relu":
        return sqrt(weight_variance * width / (width + 1))
    if activation == "hardtanh":
        total = weight_variance + bias_variance
        return sqrt(weight_variance * width / (total + width * sqrt(total)))
    raise ValueError(f"activation is {activation!r}; the bound is known for relu and hardtanh")
