"""The pieces of every piecewise-linear activation are the activation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnexpr.activations import ACTIVATIONS


@pytest.mark.parametrize("name", [name for name, a in ACTIVATIONS.items() if a.pieces])
def test_pieces_agree_with_the_forward_pass(name: str) -> None:
    activation = ACTIVATIONS[name]
    pieces = activation.pieces
    assert pieces is not None
    z = np.concatenate([np.linspace(-4, 4, 801), pieces.kinks])
    out = torch.empty(len(z), dtype=torch.float64)
    activation.forward(torch.as_tensor(z), out)
    np.testing.assert_allclose(pieces(z), out.numpy(), rtol=0, atol=1e-15)
    for kink, left, right, a, b in zip(
        pieces.kinks, pieces.slopes, pieces.slopes[1:], pieces.intercepts, pieces.intercepts[1:], strict=False
    ):
        assert left * kink + a == pytest.approx(right * kink + b, abs=1e-15)
