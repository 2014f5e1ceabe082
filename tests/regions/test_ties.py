"""What is counted as a tie: where kinks meet, and not where a unit lies on its kink along the way."""

from __future__ import annotations

import numpy as np
import pytest
from test_rounding import network

from nnexpr import linear_regions, path_regions, plane_regions
from nnexpr.networks.graph.affine import contracted
from nnexpr.networks.graph.draft import Draft
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.pooling import Windows, pooled_max

BOX = ((-1.0, 1.0), (-1.0, 1.0))


def on_a_background(size: int) -> Graph:
    """Largest of windows of an image, all of it background but for its first two numbers, and the sum."""
    x = Draft().input((1, size, size))
    h = pooled_max(x, Windows((2, 2), (2, 2), (0, 0, 0, 0), (1, 1)))
    flat = h.at(h.places.reshape(1, -1))
    return x.draft.graph(contracted(flat, np.ones((flat.places.size, 1)), 1))


@pytest.mark.parametrize("size", [2, 8])
def test_windows_that_are_constant_are_none(size: int) -> None:
    """The larger of the two numbers crosses the background once; the other windows stay what they are."""
    graph = on_a_background(size)
    ends = np.zeros((2, size * size))
    ends[:, :2] = [[-1.0, -2.0], [2.0, 1.0]]
    [along] = path_regions(graph, ends)
    assert (along.count, along.check.certified, along.check.ties) == (2, True, 0)
    directions = np.zeros((2, size * size))
    directions[0, 0] = directions[1, 1] = 1.0
    cells = plane_regions(graph, BOX, plane=(np.zeros(size * size), *directions))
    assert (cells.count, cells.check.certified) == (3, True)
    assert cells.check.ties <= 6


def test_a_unit_that_leaves_its_kink_meets_nothing_on_the_way() -> None:
    """relu(s), and a unit that is zero where it is: the kink of the second is where it leaves it."""
    twice = network([[1.0, 0.0]], [[1.0, 0.0]], [[1.0, 0.0]])
    [found] = linear_regions(twice, (-1.0, 1.0))
    assert (found.count, found.activation_regions, found.check.ties) == (2, 2, 0)
    flat = network([[1.0, 0.0, 0.0]], [[1.0, 0.0]], [[1.0, 0.0]])
    cells = plane_regions(flat, BOX)
    assert (cells.count, cells.activation_regions, cells.check.ties) == (2, 2, 0)


def test_kinks_that_meet_are() -> None:
    [found] = linear_regions(
        network([[1.0, 0.0], [2.0, 0.0], [1.0, -0.5]], [[1.0, 1.0, 1.0, 0.0]]), (-1.0, 1.0)
    )
    assert (found.count, found.check.ties) == (3, 1)
    meeting = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]  # three lines through the middle
    cells = plane_regions(network(meeting, [[1.0, 2.0, 4.0, 0.0]]), BOX)
    assert (cells.count, len(cells.vertices)) == (6, 9)
    assert cells.check.ties == 4  # two in the middle, where another makes the vertex, and two corners


def test_what_only_rounding_keeps_on_a_kink_is_a_tie_wherever_it_stays() -> None:
    """Two equal numbers that cancel, a million million times as large as the third, whose bend they hide."""
    for inputs in (1, 2):
        first = [[1.0, *[0.0] * (inputs - 1), 2.0]] * 2 + [[2.0**-15, *[0.0] * (inputs - 1), 0.5]]
        hidden = network(first, [[2.0**40, -(2.0**40), 1.0, -0.5]], [[1.0, 0.0]])
        [found] = linear_regions(hidden, (-1.0, 1.0)) if inputs == 1 else [plane_regions(hidden, BOX)]
        assert found.check.ties > 0
