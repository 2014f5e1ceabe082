"""Laws of linear regions on the line, from the literature."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np
import pytest
import torch

from nnexpr.kinds import AffineLayer
from nnexpr.networks.compositional import compositional, tent
from nnexpr.networks.network import Network
from nnexpr.regions.bounds import lower_bound, upper_bound
from nnexpr.regions.line import linear_regions


@pytest.mark.parametrize("folds", [*range(1, 13), 16, 20])
def test_tents_fold_the_interval_in_two(folds: int) -> None:
    """Telgarsky: k compositions of the tent have 2^k linear regions, at the dyadic numbers."""
    [regions] = linear_regions(tent(folds))
    assert regions.count == regions.activation_regions == 2**folds
    assert np.array_equal(regions.breakpoints, np.arange(1, 2**folds) / 2**folds)
    assert np.array_equal(regions.slopes, np.resize([2.0**folds, -(2.0**folds)], 2**folds))
    assert regions.bends_by_layer == tuple(2**layer for layer in range(folds))
    assert regions.check.max_residual == 0.0


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("depth", range(1, 13))
def test_compositional_networks_have_a_power_of_two(depth: int, sign: int) -> None:
    """Any peaks in (0, 1) give exactly 2^L linear regions, though float64 weights make slivers near 1e-17."""
    network = compositional(depth, members=100 if depth <= 8 else 10, sign=sign, dtype="float64")
    for regions in linear_regions(network, certify=False):
        assert regions.count == regions.activation_regions == 2**depth
        assert regions.bends_by_layer == tuple(2**layer for layer in range(depth))
        assert regions.dead_units == ()


@pytest.mark.parametrize("depth", range(1, 11))
def test_float32_weights_leave_the_power_of_two(depth: int) -> None:
    """Peaks in [0.1, 0.9]: steeper ones amplify the rounding of the weights past the kinks of the layers above."""
    peaks = np.random.default_rng(depth).uniform(0.1, 0.9, size=(40, depth))
    network = compositional(depth, peaks, members=40, dtype="float32")
    for regions in linear_regions(network, certify=False):
        assert regions.activation_regions == 2**depth


def test_peaks_that_are_exact_in_binary_need_no_tolerance() -> None:
    network = compositional(10, [0.5], dtype="float64")
    [regions] = linear_regions(network)
    assert np.array_equal(regions.breakpoints, np.arange(1, 1024) / 1024)


def sawtooth(widths: list[int]) -> Network:
    """Layer l folds [0, 1] into widths[l] teeth: n x, then slopes ±n at the multiples of 1/n (Montúfar et al. 2014)."""
    layers, parameters, output = [], [], [1.0]
    for width, below in zip(widths, [1, *widths], strict=False):
        layers.append(AffineLayer(below, width, "relu"))
        parameters += [value for tooth in range(width) for value in (*output, -tooth / width)]
        output = [width * (1.0 if tooth == 0 else 2.0 * (-1) ** tooth) for tooth in range(width)]
    layers.append(AffineLayer(widths[-1], 1))
    return Network(tuple(layers), torch.tensor([[*parameters, *output, 0.0]], dtype=torch.float64))


@pytest.mark.parametrize("widths", [[3], [2, 3], [5, 3, 2], [7, 6, 5, 3], [3] * 8])
def test_sawtooths_multiply(widths: list[int]) -> None:
    """A layer of n units folds n times, so regions multiply; thirds and fifths are not exact in binary."""
    [regions] = linear_regions(sawtooth(widths))
    teeth = prod(widths)
    assert regions.count == regions.activation_regions == teeth
    assert regions.breakpoints == pytest.approx(np.arange(1, teeth) / teeth, abs=1e-14)
    assert teeth <= lower_bound(widths) <= upper_bound(widths)


def he_networks(widths: list[int], members: int, activation: str = "relu") -> Network:
    """Weights N(0, 2 / inputs) and biases N(0, 1)."""
    rng = np.random.default_rng(7)
    sizes = [1, *widths, 1]
    layers = [AffineLayer(a, b, activation) for a, b in itertools.pairwise(sizes)]
    layers[-1] = AffineLayer(sizes[-2], 1)
    scales = np.concatenate([np.tile([*[np.sqrt(2 / a)] * a, 1.0], b) for a, b in itertools.pairwise(sizes)])
    return Network(tuple(layers), torch.from_numpy(scales * rng.normal(size=(members, len(scales)))))


@pytest.mark.parametrize("widths", [[64], [16, 16], [32, 32, 32], [16] * 4, [24, 12, 24]])
def test_random_networks_have_about_as_many_bends_as_units(widths: list[int]) -> None:
    """E[regions over the whole line] = sum n_l + 1 + o(1), whatever the depth (arXiv 2512.08091); 3 standard errors."""
    counts = [
        found.activation_regions
        for found in linear_regions(he_networks(widths, 300), (-1e6, 1e6), certify=False)
    ]
    error = np.std(counts) / np.sqrt(len(counts))
    assert abs(np.mean(counts) / (sum(widths) + 1) - 1) < 0.02 + 3 * error / (sum(widths) + 1)


@pytest.mark.parametrize(
    ("activation", "kinks"), [("relu", 1), ("leaky_relu", 1), ("hardtanh", 2), ("hat", 3)]
)
@pytest.mark.parametrize("widths", [[1, 1, 1], [2, 2], [3, 2, 3], [6, 6]])
def test_no_network_has_more_regions_than_the_bound(widths: list[int], activation: str, kinks: int) -> None:
    found = linear_regions(he_networks(widths, 200, activation), (-50.0, 50.0), certify=False)
    assert max(regions.activation_regions for regions in found) <= upper_bound(widths, kinks)


def test_a_shallow_network_has_one_region_more_than_its_units() -> None:
    """One hidden layer reaches its bound n + 1 exactly, all kinks -b/w on the line, each by its own unit."""
    network = he_networks([40], 50)
    knots = -network.bias(0) / network.weight(0)[:, :, 0]
    for member, regions in enumerate(linear_regions(network, (-1e6, 1e6))):
        order = torch.argsort(knots[member])
        assert regions.count == 41
        assert regions.breakpoints == pytest.approx(knots[member][order].numpy(), abs=4e6 * 2.0**-52)
        assert regions.bend_units.tolist() == order.tolist()
