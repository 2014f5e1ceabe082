"""What is known of a network beforehand: bounds of its linear regions, which none may exceed."""

from __future__ import annotations

import pytest
import torch
from adding import random_adding

import nnexpr
from nnexpr.kinds import AffineLayer
from nnexpr.regions.bounds import serra_bound, upper_bound
from nnexpr.runs.scene import architecture_of

SQUARE = ((-40.0, 40.0), (-40.0, 40.0))


def test_what_passes_by_a_narrow_layer_is_not_folded_to_its_width() -> None:
    """x + a relu(w x) is a plane again, so five units above it cut 16 cells of each half: a chain has 12 at most."""
    layers = (
        AffineLayer(2, 1, "relu"),
        AffineLayer(1, 2, adds=2),
        AffineLayer(2, 5, "relu"),
        AffineLayer(5, 1),
    )
    network = random_adding(layers, members=40)
    told = architecture_of(network)
    found = [nnexpr.plane_regions(network, SQUARE, member).activation_regions for member in range(40)]
    assert max(found) > max(serra_bound((1, 5), 2), upper_bound((1, 5), inputs=2))
    assert told["upper_bound"] == 2 * 16
    assert max(found) <= told["upper_bound"]
    assert told["lower_bound"] is None


@pytest.mark.parametrize("rank", [1, 3])
def test_no_residual_mmnn_has_more_regions_than_its_bound(rank: int) -> None:
    network = nnexpr.mmnn(3, rank, 4, residual=True, members=300, dtype="float64")
    found = nnexpr.linear_regions(network, (-30.0, 30.0), certify=False)
    assert max(lines.activation_regions for lines in found) <= 4**4 == architecture_of(network)["upper_bound"]


def test_a_plain_network_has_the_bounds_of_a_chain() -> None:
    told = architecture_of(nnexpr.mlp(3, 6, inputs=2))
    assert (told["upper_bound"], told["hidden_widths"]) == (serra_bound((6, 6), 2), (6, 6))
    assert told["parameters"] == torch.tensor([6 * 3, 6 * 7, 7]).sum()
