"""How many cells are counted at most follows the memory that they take."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

import nnexpr
from nnexpr.networks.graph.affine import added, contracted
from nnexpr.networks.graph.bends import leaky
from nnexpr.networks.graph.draft import Draft
from nnexpr.networks.graph.pooling import Windows, pooled_max
from nnexpr.regions.room import MOST, TooManyCells, cells_that_fit
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


def test_numbers_that_pass_take_room() -> None:
    """A shortcut around a narrow layer: what is held at a vertex is the layer's units and what passes them."""
    x = Draft().input((3,))
    wide = leaky(contracted(x, np.ones((3, 500)), 1), 0.0)
    narrow = leaky(contracted(wide, np.ones((500, 400)), 1), 0.0)
    again = leaky(contracted(narrow, np.ones((400, 500)), 1), 0.0)
    graph = x.draft.graph(leaky(added(wide, again), 0.0))
    walked = int(Stack.of(graph, inputs=None).shapes[:, 1].max())
    assert walked == 1000
    assert cells_that_fit(graph, room=1e9) <= 1e9 / (16 * walked)


def test_many_outputs_take_room_too() -> None:
    few, many = (nnexpr.mlp(depth=2, width=10, inputs=2, outputs=outputs) for outputs in (1, 10_000))
    assert cells_that_fit(few, room=1e9) > 100 * cells_that_fit(many, room=1e9)


@pytest.mark.parametrize("of", ["regions", "argmax"])
def test_what_is_refused_says_how_many_there_are_on_how_much(of: str) -> None:
    network = nnexpr.mlp(depth=4, width=20, inputs=2, outputs=3, seed=0, dtype="float64")
    box = ((-9.0, 9.0), (-9.0, 9.0))
    cells = nnexpr.plane_regions(network, box, of=of).activation_regions
    most = cells - 1
    with pytest.raises(TooManyCells) as refused:
        nnexpr.plane_regions(network, box, of=of, most_cells=most)
    error = refused.value
    assert most < error.cells <= cells
    assert 0.0 < error.share <= 1.0
    assert error.layer <= error.layers
    assert not error.fits
    assert f"{error.cells:,} after layer" in str(error)
    with pytest.raises(TooManyCells) as early:
        nnexpr.plane_regions(network, box, of=of, most_cells=30)
    assert early.value.share < 1.0
    assert early.value.cells > 30


def test_what_does_not_fit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    network = nnexpr.mlp(depth=2, width=20, inputs=2, seed=0, dtype="float64")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=17_000))
    with pytest.raises(TooManyCells, match="half of the memory that is free"):
        nnexpr.plane_regions(network, ((-9.0, 9.0), (-9.0, 9.0)))
