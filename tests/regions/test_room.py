"""How many cells are counted at most follows the memory that they take."""

from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest
import torch

import nnexpr
from nnexpr.networks.graph.draft import Draft
from nnexpr.networks.graph.pooling import Windows, pooled_max
from nnexpr.regions.room import MOST, cells_that_fit
from nnexpr.regions.stack import Stack


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


def test_a_plane_is_refused_before_it_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    network = nnexpr.mlp(depth=2, width=20, inputs=2, seed=0, dtype="float64")
    box = ((-9.0, 9.0), (-9.0, 9.0))
    assert nnexpr.plane_regions(network, box).activation_regions > 10
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=17_000))
    with pytest.raises(ValueError, match="there are more than 10 cells"):
        nnexpr.plane_regions(network, box)


def test_a_maximum_is_as_wide_as_what_it_compares() -> None:
    x = Draft().input((1, 4, 4))
    graph = x.draft.graph(pooled_max(x, Windows((2, 2), (1, 1), (0, 0, 0, 0), (1, 1))))
    walked = int(Stack.of(graph, inputs=None).shapes[:, 1].max())
    assert walked > 16 > graph.nodes[-1].units
    assert cells_that_fit(graph, room=1e6) <= 1e6 / (16 * walked + 500)
