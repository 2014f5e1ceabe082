"""The lines of counts, of networks made wrong on purpose too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.training.engine import lines


@pytest.mark.parametrize(("tolerance", "regions", "certified"), [(2.0**-49, "3", True), (0.5, "2", False)])
def test_counts_that_nothing_vouches_for_are_said_to_be_so(
    tolerance: float, regions: str, certified: bool
) -> None:
    """relu(x - 0.3) - 2 relu(x - 0.5), whose kinks a tie rule as wide as that joins."""
    parameters = torch.tensor([[1.0, -0.3, 1.0, -0.5, 1.0, -2.0, 0.0]], dtype=torch.float64)
    network = Network((AffineLayer(1, 2, "relu"), AffineLayer(2, 1)), parameters, tie_tolerance=tolerance)
    scale = SimpleNamespace(factor=1.0, shift=0.0, to_own=lambda x: x)
    target: Any = SimpleNamespace(domain=((0.0, 1.0),), input_scales=(scale,), value_scale=scale)
    scene: Any = SimpleNamespace(countable=True, dimension=1, upper_bound=None, lower_bound=None)
    shown = [
        " ".join("".join(text for text, _ in line).split())
        for line in counted_lines(scene, lines(network, target))
    ]
    assert f"Linear regions {regions}" in shown
    assert ("Certified NO" in shown) == (not certified)
