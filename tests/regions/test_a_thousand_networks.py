"""A thousand random networks of many depths, widths and activations have the regions of exact rational arithmetic.

The oracle holds every unit as an affine map of x with rational coefficients and shares no code with the counting. Every
second network has float32 weights, every third small dyadic ones, so that kinks coincide in some.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from rational import exact_regions

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.regions.rational import rational_count

SHAPES = [[1], [7], [14], [2, 2], [6, 4], [3, 3, 3], [2, 4, 2, 3], [1, 2, 1, 2, 1], [3, 2, 3, 2]]
ACTIVATIONS = ["relu", "leaky_relu", "hat", "hardtanh"]
DOMAIN = (-2.5, 3.0)
EACH = 28  # 9 shapes, 4 activations: 1008 networks


def random_networks(widths: list[int], activation: str) -> Network:
    sizes = [1, *widths, 1]
    rng = np.random.default_rng(sum(map(ord, f"{widths}{activation}")))
    drawn = rng.normal(size=(EACH, sum((a + 1) * b for a, b in itertools.pairwise(sizes))))
    drawn[::2] = drawn[::2].astype(np.float32)
    if (
        activation != "leaky_relu"
    ):  # its slope 0.01 is not dyadic, so what cancels does so only up to rounding
        drawn[::3] = np.round(4 * drawn[::3]) / 4
    layers = [AffineLayer(a, b, activation) for a, b in itertools.pairwise(sizes)]
    layers[-1] = AffineLayer(sizes[-2], 1)
    return Network(tuple(layers), torch.from_numpy(drawn))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("widths", SHAPES, ids=str)
def test_counts_are_exact(widths: list[int], activation: str) -> None:
    networks = random_networks(widths, activation)
    for member, found in enumerate(linear_regions(networks, DOMAIN)):
        exact = exact_regions(networks, member, DOMAIN)
        assert found.count == len(exact.slopes)
        assert found.activation_regions == exact.activation_regions
        assert found.breakpoints == pytest.approx([float(x) for x in exact.breakpoints], abs=1e-9)
        assert list(zip(found.bend_layers, found.bend_units, strict=True)) == exact.bends
        assert list(found.dead_units) == exact.dead_units
        if member % 7 == 0:
            counted = rational_count(networks, DOMAIN, member=member)
            assert (counted.linear_regions, counted.activation_regions) == (
                len(exact.slopes),
                exact.activation_regions,
            )
