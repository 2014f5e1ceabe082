"""Magnitude pruning: masks over the parameters of an ensemble, and what they leave.

The lottery ticket hypothesis (Frankle and Carbin, ICLR 2019): a dense network at its first weights contains a sparse
subnetwork which, trained on its own *from those same weights*, matches the dense one. It is found by training, removing
the smallest weights, setting the rest back to their first values, and repeating. The control keeps the mask and draws
the weights anew: if that does as well, the structure was what mattered and not the start.

Weights are pruned, by magnitude over the whole network and for each member alone; biases stay (in the source they start
at 0 and are few). Removed weights are 0 and stay 0 in training (``masks`` of ``nnexpr.fit``).
"""

from __future__ import annotations

import torch
from torch import Tensor

from nnexpr.networks.network import Network

__all__ = ["density", "masked", "prune", "weight_places"]


def weight_places(network: Network) -> Tensor:
    """Which of the P parameters are weights, ``(P,)`` bool; the others are biases."""
    places = torch.zeros(network.parameter_count, dtype=torch.bool)
    for index, layer in enumerate(network.layers):
        block = places[network.architecture.offsets[index] : network.architecture.offsets[index + 1]]
        block.view(layer.outputs, layer.inputs + 1)[:, :-1] = True
    return places


def density(network: Network, masks: Tensor) -> Tensor:
    """The share of weights that each member keeps, ``(members,)`` float64."""
    return masks[:, weight_places(network)].double().mean(dim=1)


def masked(network: Network, masks: Tensor) -> Network:
    """The network with the removed parameters set to 0."""
    return network.with_parameters(network.parameters * masks)


def prune(network: Network, masks: Tensor, share: float) -> Tensor:
    """Masks without the ``share`` of each member's remaining weights that are smallest in magnitude.

    At least one weight goes and one stays; weights of equal magnitude go in the order of the layout. Raises ValueError
    for a share outside (0, 1), or masks of another shape than the parameters.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share is {share}; it must be above 0 and below 1")
    if masks.shape != network.parameters.shape:
        raise ValueError(f"masks have shape {tuple(masks.shape)}; expected {tuple(network.parameters.shape)}")
    candidates = (masks != 0) & weight_places(network)
    magnitudes = network.parameters.abs().masked_fill(~candidates, torch.inf)
    left = candidates.sum(dim=1)
    removed = torch.minimum((share * left).round().long().clamp(min=1), left - 1)
    ranks = magnitudes.argsort(dim=1, stable=True).argsort(dim=1)
    return masks * (ranks >= removed[:, None])
