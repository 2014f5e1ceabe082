"""Weights whose scales are far apart: what is lost in larger numbers is counted, or the count is not certified."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nnexpr import from_torch, path_decisions, path_regions, plane_regions
from nnexpr.networks.graph.graph import Graph


def pooled(low: float) -> Graph:
    """max(-x, low (1 + y / 10), x) of (x, y): the second is the largest nowhere on the square."""
    first = nn.Linear(2, 3)
    first.weight.data = torch.tensor([[-1.0, 0.0], [0.0, low / 10.0], [1.0, 0.0]], dtype=torch.float64)
    first.bias.data = torch.tensor([0.0, low, 0.0], dtype=torch.float64)
    steps = nn.Sequential(first, nn.Unflatten(1, (1, 3)), nn.MaxPool1d(3), nn.Flatten())
    return from_torch(steps.double(), input_shape=(2,))


@pytest.mark.parametrize("low", [-3.0, -3e3, -3e16, -3e20])
def test_a_maximum_that_is_lost_in_one_much_lower_is_not_certified(low: float) -> None:
    line = path_regions(pooled(low), [[-1.0, 0.3], [0.7, 0.3]])[0]
    plane = plane_regions(pooled(low), ((-1.0, 0.7), (-0.9, 1.0)))
    for found in (line, plane):
        assert found.count == 2 or not found.check.certified
        if low > -1e4:
            assert (found.count, found.check.certified) == (2, True)


def rectified(scales: list[float]) -> Graph:
    """relu of 1/2 - x, x - 1/2 and x - 3/4, each at its scale; the third is to be by far the largest."""
    layer = nn.Linear(1, 3)
    layer.weight.data = torch.tensor([[-scales[0]], [scales[1]], [scales[2]]], dtype=torch.float64)
    layer.bias.data = torch.tensor(
        [0.5 * scales[0], -0.5 * scales[1], -0.75 * scales[2]], dtype=torch.float64
    )
    return from_torch(nn.Sequential(layer, nn.ReLU()).double(), input_shape=(1,))


@pytest.mark.parametrize("small", [1.0, 1e-3, 1e-16, 1e-20, 1e-300])
def test_a_lead_is_seen_however_small_it_is_beside_the_largest_output(small: float) -> None:
    [found] = path_decisions(rectified([small, 1.0, 1e3]), [0.0, 1.0])
    assert found.classes.tolist() == [0, 1, 2]
    assert (found.check.certified, found.check.overruled) == (True, 0)


@pytest.mark.parametrize("large", [1.0, 1e6, 1e9, 1e20, 1e300])
def test_a_change_of_sign_is_seen_though_the_largest_value_is_far_larger(large: float) -> None:
    """x - 1/3 - large relu(x - 2), on [0, 3]: from 10^16 on the value at 2 is lost in the rounding of the kink."""
    layer, last = nn.Linear(1, 2).double(), nn.Linear(2, 1).double()
    layer.weight.data[:], layer.bias.data = 1.0, torch.tensor([0.0, -2.0], dtype=torch.float64)
    last.weight.data = torch.tensor([[1.0, -large]], dtype=torch.float64)
    last.bias.data[0] = -1.0 / 3.0
    [found] = path_regions(
        from_torch(nn.Sequential(layer, nn.ReLU(), last), input_shape=(1,)), [0.0, 3.0], of="output:0"
    )
    right = len(found.zeros) == (2 if large > 2.0 else 1)
    assert right or not found.check.certified
    if large < 1e10:
        assert (right, found.check.certified) == (True, True)
        assert found.zeros[0] == pytest.approx(1.0 / 3.0, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_decisions_are_not_overruled(seed: int) -> None:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 6)).double()
    ends = np.random.default_rng(seed).normal(size=(4, 3)) * 5.0
    [found] = path_decisions(from_torch(net, input_shape=(3,)), ends, closed=True)
    assert found.check.certified
    assert (found.check.overruled, found.check.level) == (0, 0)


def test_outputs_that_are_equal_but_for_rounding_are_level() -> None:
    """0.3 x and 3 (0.1 x) take no turns; at some places the second leads by rounding, and that is told."""
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 2)).double()
    net[0].weight.data = torch.tensor([[0.3], [0.1]], dtype=torch.float64)
    net[2].weight.data = torch.tensor([[1.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    for each in (net[0], net[2]):
        each.bias.data.zero_()
    [found] = path_decisions(from_torch(net, input_shape=(1,)), [0.1, 1.0])
    assert found.classes.tolist() == [0]
    assert found.check.overruled == 0
    assert found.check.level > 0
    # 3 times what 0.1 is rounded to is above what 0.3 is: the other one leads all along, by less than can be told.
    assert (found.check.exact, found.check.certified) == (False, False)
