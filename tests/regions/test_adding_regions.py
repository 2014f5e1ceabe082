"""Regions of networks whose layers add what others gave: against exact arithmetic, and against modules of torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from adding import ByHand, random_adding, random_layers
from plane_exact import exact_plane
from rational import exact_regions
from test_rational import agree

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions.carried import carried
from nnexpr.regions.line import linear_regions
from nnexpr.regions.path import path_regions, trajectory_length
from nnexpr.regions.plane import plane_regions
from nnexpr.regions.rational import rational_count

BENDING = ["relu", "leaky_relu", "hat", "hardtanh"]
DOMAIN = (-3.0, 3.0)


def drawn(seed: int, inputs: int = 1, depth: int = 6, members: int = 2) -> Network:
    rng = np.random.default_rng(seed)
    return random_adding(
        random_layers(rng, BENDING[: 1 + seed % 4], inputs=inputs, depth=depth), members, seed
    )


@pytest.mark.parametrize("seed", range(12))
def test_they_are_the_exact_ones_on_the_line(seed: int) -> None:
    network = drawn(seed, depth=2 + seed % 6)
    for member, found in enumerate(linear_regions(network, DOMAIN)):
        agree(found, exact_regions(network, member, DOMAIN))
        assert found.check.certified
        x = np.linspace(*DOMAIN, 501)
        expected = ByHand(network, member)(torch.from_numpy(x)[:, None]).detach().numpy()[:, 0]
        assert found(x) == pytest.approx(expected, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("seed", range(12))
def test_rational_counts_are_those_by_affine_maps(seed: int) -> None:
    network = drawn(seed, depth=2 + seed % 6, members=1)
    found, exact = rational_count(network, DOMAIN), exact_regions(network, 0, DOMAIN)
    assert (found.linear_regions, found.activation_regions) == (len(exact.slopes), exact.activation_regions)


@pytest.mark.parametrize("seed", range(8))
def test_they_are_the_exact_ones_in_the_plane(seed: int) -> None:
    square = (DOMAIN, DOMAIN)
    network = drawn(seed, inputs=2, depth=2 + seed % 3, members=1)
    found, exact = plane_regions(network, square), exact_plane(network, square)
    assert (found.activation_regions, found.count) == (len(exact.polygons), exact.linear_regions)
    assert found.check.certified
    x = torch.rand(300, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 6 - 3
    expected = ByHand(network)(x).detach().numpy()[:, 0]
    cells = found.locate(x.numpy())
    values = np.einsum("pi,pi->p", found.slopes[cells], x.numpy()) + found.intercepts[cells]
    assert values == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_along_a_segment_they_are_those_of_the_network_behind_the_segment(seed: int) -> None:
    network = drawn(seed, inputs=2, depth=5)
    a, b = np.array([-2.0, -1.0]), np.array([2.5, 0.5])
    step = (b - a) / np.linalg.norm(b - a)
    way = torch.from_numpy(np.stack([step, a], axis=1).reshape(1, -1)).expand(2, -1)  # t to a + step t
    behind = Network((AffineLayer(1, 2), *network.layers), torch.cat([way, network.parameters], dim=1))
    for member, found in enumerate(path_regions(network, np.stack([a, b]))):
        exact = exact_regions(behind, member, (0.0, float(np.linalg.norm(b - a))))
        assert found.count == len(exact.slopes)
        assert found.breakpoints == pytest.approx([float(x) for x in exact.breakpoints], abs=1e-9)
        assert found.activation_regions == exact.activation_regions
        bends = list(zip((found.bend_layers + 1).tolist(), found.bend_units.tolist(), strict=True))
        assert bends == exact.bends
        assert [(layer + 1, unit) for layer, unit in found.dead_units] == exact.dead_units
        assert found.check.certified


def test_lengths_are_of_a_layers_own_units() -> None:
    network = drawn(5, inputs=2, depth=5, members=2)
    way = np.array([[-2.0, -1.0], [2.5, 0.5]])
    t = torch.linspace(0, 1, 200_001, dtype=torch.float64)[:, None]
    a, b = torch.from_numpy(way)
    sampled = [
        values.diff(dim=2).square().sum(dim=1).sqrt().sum(dim=1)
        for values in network.layer_values((1 - t) * a + t * b)
    ]
    found, expected = trajectory_length(network, way), torch.stack(sampled, dim=1).numpy()
    assert any(each.passing for each in carried(network.layers))
    assert found == pytest.approx(expected, rel=1e-4)
    assert (found >= expected - 1e-12).all()  # chords cut corners


def test_units_that_pass_are_no_units() -> None:
    """x passes by two layers of dead units: nothing is counted of it."""
    layers = AffineLayer(1, 3, "relu"), AffineLayer(3, 1, "relu"), AffineLayer(1, 1, adds=3)
    network = Network(layers, torch.tensor([[0, -1.0, 0, -1, 0, -1, 1, 1, 1, -5, 2, 0]], dtype=torch.float64))
    [found] = linear_regions(network, (-1.0, 1.0))
    assert (found.count, found.activation_regions, found.bends_by_layer) == (1, 1, (0, 0))
    assert found.dead_units == ((1, 0), (1, 1), (1, 2), (2, 0))
    assert found.slopes.tolist() == [1.0]
    assert not found.collapsed
    assert [(each.outputs, each.passing) for each in carried(layers)] == [(4, 1), (2, 1), (1, 0)]


def test_what_bends_in_two_ways_to_the_output_is_one_bend() -> None:
    """relu(x) + relu(relu(x) - 1): bends at 0 and at 1, by hand."""
    layers = AffineLayer(1, 1, "relu"), AffineLayer(1, 1, "relu"), AffineLayer(1, 1, adds=2)
    network = Network(layers, torch.tensor([[1.0, 0, 1, -1, 1, 0]], dtype=torch.float64))
    [found] = linear_regions(network, DOMAIN)
    assert found.breakpoints.tolist() == [0.0, 1.0]
    assert found.slopes.tolist() == [0.0, 1.0, 2.0]


def test_a_last_layer_that_bends_and_adds() -> None:
    layers = AffineLayer(1, 2, "relu"), AffineLayer(2, 2, "relu", adds=1)
    network = random_adding(layers, members=5, seed=2)
    for member, found in enumerate(linear_regions(network, DOMAIN)):
        exact = exact_regions(network, member, DOMAIN)
        assert found.breakpoints == pytest.approx([float(x) for x in exact.breakpoints], abs=1e-9)
    square = random_adding((AffineLayer(2, 3, "relu"), AffineLayer(3, 2, "relu", adds=2)), seed=3)
    cells = plane_regions(square, (DOMAIN, DOMAIN), of="output:0")
    assert cells.activation_regions >= cells.count > 1
    x = np.random.default_rng(0).uniform(-3, 3, (200, 2))
    at = cells.locate(x)
    values = np.einsum("pi,pi->p", cells.slopes[at], x) + cells.intercepts[at]
    assert values == pytest.approx(square(x)[0, :, 0], abs=1e-10)
