"""The pieces of every piecewise-linear activation are the activation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr.activations import ACTIVATIONS
from nnexpr.specification import FitSpecification, InputError

SLOPES = [f"leaky_relu:{slope}" for slope in (0.2, -1.5, 0.0, 1.0, 3e5)]


@pytest.mark.parametrize("name", [*(name for name, a in ACTIVATIONS.items() if a.pieces), *SLOPES])
def test_pieces_agree_with_the_forward_pass(name: str) -> None:
    activation = ACTIVATIONS[name]
    pieces = activation.pieces
    assert pieces is not None
    z = np.concatenate([np.linspace(-4, 4, 801), pieces.kinks])
    out = torch.empty(len(z), dtype=torch.float64)
    activation.forward(torch.as_tensor(z), out)
    np.testing.assert_allclose(pieces(z), out.numpy(), rtol=1e-15, atol=1e-15)
    for kink, left, right, a, b in zip(
        pieces.kinks, pieces.slopes, pieces.slopes[1:], pieces.intercepts, pieces.intercepts[1:], strict=False
    ):
        assert left * kink + a == pytest.approx(right * kink + b, abs=1e-15)


@pytest.mark.parametrize("name", SLOPES)
def test_a_slope_of_its_own_is_trained_with(name: str) -> None:
    slope = float(name.partition(":")[2])
    z = torch.linspace(-2, 2, 40, dtype=torch.float64, requires_grad=True)
    torch.nn.functional.leaky_relu(z, slope).sum().backward()
    activation, out, gradient = (
        ACTIVATIONS[name],
        torch.empty(40, dtype=torch.float64),
        torch.ones(40).double(),
    )
    activation.forward(z.detach(), out)
    activation.pull_back(gradient, z.detach() if activation.keeps_input else out)
    assert torch.equal(gradient, z.grad)
    result = nnexpr.fit(nnexpr.mlp(2, 4, name), nnexpr.target("cube", points=20), epochs=3)
    assert result.network.layers[0].activation == name
    assert FitSpecification.make(activation=name).activation == name
    assert nnexpr.from_torch(nnexpr.to_torch(result.network)).layers == result.network.layers


@pytest.mark.parametrize("name", ["leaky_relu:", "leaky_relu:x", "leaky_relu:inf", "relu:1", ":", "elu:2", 3])
def test_what_is_no_activation_is_not_there(name: object) -> None:
    assert name not in ACTIVATIONS
    with pytest.raises(InputError, match="activation is"):
        FitSpecification.make(activation=name)
