"""The whole line as a path: the same values, and the same regions as on an interval that holds all bends."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from adding import random_adding, random_layers

from nnexpr import linear_regions, mlp, path_regions
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.theory.homogeneous import WHOLE_LINE, homogenised


def drawn(depth: int, width: int, activation: str = "relu") -> Network:
    return mlp(depth=depth, width=width, activation=activation, init="kaiming", members=25, dtype="float64")


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_it_is_v_times_f_of_u_over_v(activation: str) -> None:
    network = drawn(4, 7, activation)
    pairs = torch.rand(50, 2, dtype=torch.float64) * torch.tensor([4.0, 1.0]) + torch.tensor([-2.0, 0.1])
    expected = pairs[:, 1:] * network(pairs[:, 0] / pairs[:, 1])
    torch.testing.assert_close(homogenised(network)(pairs), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("factor", [0.0, 0.5, 3.0])
def test_it_is_positively_homogeneous(factor: float) -> None:
    made = homogenised(drawn(3, 5))
    pairs = torch.rand(20, 2, dtype=torch.float64)
    torch.testing.assert_close(made(factor * pairs), factor * made(pairs), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("depth", "width"), [(2, 30), (3, 12), (6, 6)])
def test_regions_of_the_whole_line_are_those_of_a_wide_interval(depth: int, width: int) -> None:
    network = drawn(depth, width)
    path = path_regions(homogenised(network), WHOLE_LINE)
    interval = linear_regions(network, (-1e7, 1e7))
    assert [each.bends for each in path] == [each.bends for each in interval]
    assert not any(each.turned for each in path)


def test_one_layer_has_a_bend_for_every_unit() -> None:
    assert all(each.bends == 40 for each in path_regions(homogenised(drawn(2, 40)), WHOLE_LINE))


@pytest.mark.parametrize("seed", range(6))
def test_v_is_passed_on_once_by_a_layer_that_adds(seed: int) -> None:
    layers = random_layers(np.random.default_rng(seed), ["relu", "leaky_relu"])
    network = random_adding((*layers, AffineLayer(1, 1)), members=2)
    pairs = torch.rand(30, 2, dtype=torch.float64) * torch.tensor([4.0, 1.0]) + torch.tensor([-2.0, 0.1])
    expected = pairs[:, 1:] * network(pairs[:, 0] / pairs[:, 1])
    torch.testing.assert_close(homogenised(network)(pairs), expected, rtol=1e-12, atol=1e-12)


def test_others_are_refused() -> None:
    with pytest.raises(ValueError, match="last layer adds"):
        homogenised(random_adding((AffineLayer(1, 1, "relu"), AffineLayer(1, 1, adds=1))))
    with pytest.raises(ValueError, match="tanh"):
        homogenised(mlp(activation="tanh"))
    with pytest.raises(ValueError, match="encoding"):
        homogenised(mlp(encoding_bands=2))
