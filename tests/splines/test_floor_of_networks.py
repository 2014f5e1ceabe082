"""A network with N linear regions never lies below the bound, nor below the floor that starts from its bends."""

import numpy as np
import pytest
import torch

from nnexpr.networks.builders import mlp
from nnexpr.networks.compositional import compositional, tent
from nnexpr.regions.line import linear_regions
from nnexpr.splines.floor import spline_floor

X = np.linspace(0, 1, 256)


def values(network):
    return network(torch.from_numpy(X).to(network.parameters.dtype))[:, :, 0].double().numpy()


def test_networks_at_random_start_against_a_sine():
    network = mlp(depth=4, width=6, members=5, seed=1, dtype="float64")
    y = np.sin(5 * X)
    for lines, output in zip(linear_regions(network), values(network), strict=True):
        scale, shift = np.polyfit(output, y, 1) if not lines.collapsed else (0.0, y.mean())
        error = np.mean((scale * output + shift - y) ** 2)  # the last layer fitted: still as many regions
        floor = spline_floor(X, y, lines.count, start=lines.breakpoints, work=2e7)
        assert floor.lower_bound <= floor.mse <= error * (1 + 1e-9)


def test_a_network_is_its_own_floor():
    network = tent(3)
    assert spline_floor(X, values(network)[0], 8).mse < 1e-20


def test_the_compositional_parabola_is_far_from_its_floor():
    """x² by L folds has error 4^-(L+1) at most, everywhere on one side: mean square above the floor's h⁴/180."""
    network = compositional(depth=4, peaks=0.5, dtype="float64")
    assert linear_regions(network)[0].count == 16
    error = np.mean((values(network)[0] - X**2) ** 2)
    floor = spline_floor(X, X**2, 16)
    assert floor.mse == pytest.approx(16.0**-4 / 180, rel=0.05)
    assert error / floor.mse == pytest.approx(6, rel=0.1)  # ∫ (h² t(1 − t))² = h⁴/30 for the interpolant
