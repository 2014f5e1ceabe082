"""How many cells are counted at most follows the memory that they take."""

from __future__ import annotations

import torch

import nnexpr
from nnexpr.regions.room import MOST, cells_that_fit


def test_wider_layers_leave_room_for_fewer_cells() -> None:
    narrow, wide = (nnexpr.mlp(depth=3, width=width, inputs=2) for width in (10, 10_000))
    assert cells_that_fit(narrow, room=1e9) > 40 * cells_that_fit(wide, room=1e9)
    assert cells_that_fit(narrow, room=1e18) == MOST
    assert cells_that_fit(wide, room=1.0) == 1
    assert cells_that_fit(narrow, room=1e18, most=7) == 7


def test_of_a_graph_its_widest_bend_counts() -> None:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(400, 2)
    )
    graph = nnexpr.from_torch(module, input_shape=(1, 12, 12))
    as_wide = nnexpr.mlp(depth=2, width=400, inputs=144)
    assert cells_that_fit(graph, room=1e9) == cells_that_fit(as_wide, room=1e9)
