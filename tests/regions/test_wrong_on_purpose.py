"""What vouches for a count says false of cells and pieces made wrong; it is told wherever counts are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_graph_regions import Numbers, residual_blocks
from test_rounding import network

from nnexpr import Plane, count_at, plane_regions
from nnexpr.networks.graph.affine import contracted, scaled
from nnexpr.networks.graph.bends import leaky
from nnexpr.networks.graph.draft import Draft
from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.gathered import forgiven, overruled
from nnexpr.regions.layer import Layer, layer_of
from nnexpr.regions.line.certificate import residual
from nnexpr.regions.line.front import NOTHING, Front, Path
from nnexpr.regions.moved import normal
from nnexpr.regions.path import path_regions
from nnexpr.regions.plane.certificate import compared
from nnexpr.regions.plane.layers import subdivide
from nnexpr.regions.plane.placed import placed
from nnexpr.regions.plane.surface import surface
from nnexpr.regions.stack import Stack

BOX = ((-1.0, 1.0), (-1.0, 1.0))


def layers_of(stack: Stack) -> list[Layer]:
    only = stack.member(0)
    return [layer_of(only, number) for number in range(len(only.shapes))]


def test_a_count_by_epoch_says_whether_it_is_certified() -> None:
    """Kinks that are apart, joined by a wide tolerance."""
    line, plane = [[1.0, -0.3], [1.0, -0.5]], [[1.0, 0.1, -0.3], [1.0, 0.1, -0.5]]
    last = [[1.0, -2.0, 0.0]]
    for (one, two), right in (((2.0**-49, 2.0**-49), True), ((0.5, 0.2), False)):
        assert count_at(network(line, last, tolerance=one), vertices=[0.0, 1.0]).certified == right
        assert count_at(network(plane, last, tolerance=two), domain=BOX).certified == right


def test_of_several_members_the_first_is_counted() -> None:
    many = network([[1.0, -0.5]], [[1.0, 0.0]])
    both = many.with_parameters(many.parameters.repeat(2, 1))
    both.parameters[1, 1] = -7.0  # no bend on [0, 1]
    assert [each.count for each in path_regions(both, [0.0, 1.0])] == [2, 1]
    assert count_at(both, vertices=[0.0, 1.0]).count == 2


def ridge(height: float) -> Graph:
    """|x| - height of (x, y)."""
    x = Draft().input((2,))
    bent = leaky(contracted(x, np.array([[1.0], [0.0]]), 1), -1.0)
    return x.draft.graph(scaled(bent, 1.0, -height))


@pytest.mark.parametrize("height", [1e-2, 1e-6, 1e-9, 1e-12])
def test_zeros_on_two_sides_of_a_shallow_valley(height: float) -> None:
    [along] = path_regions(ridge(height), [[-1.0, 0.0], [1.0, 0.5]])
    share = np.linalg.norm([2.0, 0.5]) / 2.0
    np.testing.assert_allclose(along.zeros / share - 1.0, [-height, height], rtol=1e-3)
    lines = plane_regions(ridge(height), BOX).zeros
    found = sorted(line[:, 0].tolist() for line in lines)
    np.testing.assert_allclose(found, [[-height] * 2, [height] * 2], rtol=1e-3)


def test_a_plane_is_held_against_the_graph_and_not_against_its_chain() -> None:
    graph, other = (residual_blocks(Numbers(seed, whole=False)) for seed in (1, 2))
    right = Stack.of(graph, None)
    plane = placed(np.random.default_rng(0).normal(size=(3, 3)), 3)
    checks = [
        surface(stack, layers_of(stack), plane, BOX, "regions", 10**5).check
        for stack in (right, replace(right, graph=other))
    ]
    assert [check.certified for check in checks] == [True, False]
    assert checks[0].max_residual < 1e-12 < 1e-3 < checks[1].max_residual


def test_a_point_is_on_another_piece_beyond_what_the_tie_rule_forgives() -> None:
    """Points one to eight limits above a kink at 0, of the cell above it; the network has its kink at three."""
    of = network([[1.0, 0.5, 0.0]], [[1.0, 0.0]])
    stack = Stack.of(of, 2, 0)
    _, sides, _ = subdivide(layers_of(stack), stack.tolerance, placed(None, 2), BOX, 100)
    [limit] = sides[0].limits
    assert 0.0 < limit < 1e-12
    above = [int(cell) for cell in range(2) if sides[0].above[cell, 0] & 1]
    moved = of.with_parameters(of.parameters.clone())
    moved.parameters[0, 2] = -3.0 * limit
    points = np.array([[1.0, 0.0], [2.25, 0.0], [2.5, 0.0], [8.0, 0.0]]) * limit
    found = compared(layers_of(Stack.of(moved, 2, 0)), sides, points, np.repeat(above, 4))
    assert found.wrong.tolist() == [True, False, False, False]


@pytest.mark.parametrize("place", range(3))
def test_what_is_not_a_number_is_no_residual(place: int) -> None:
    of = network([[1.0, -0.25]], [[2.0, 0.5]])
    positions, births = np.array([0.0, 0.25, 1.0]), np.array([[0, 0], [1, 0], [0, 0]])
    values, slopes, none = np.array([[0.5], [0.5], [2.0]]), np.array([[0.0], [2.0], [0.0]]), np.empty((0, 1))
    line = Path(positions[[0, 2]], positions[[0, 2], None], np.zeros((1, 1)), np.array([[1.0], [0.0]]))
    member = Stack.of(of).member(0)
    ends = np.arange(3)
    assert residual(Front(positions, births, values, slopes, none, none, NOTHING), ends, line, member) == 0.0
    (values if place < 2 else slopes)[place % 2] = np.nan
    told = residual(Front(positions, births, values, slopes, none, none, NOTHING), ends, line, member)
    assert np.isnan(told)


def test_a_graph_that_is_no_number_somewhere_is_not_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    """At one of the points at which it is held against its chain."""
    graph = ridge(0.25)

    def told(self: Graph, x: np.ndarray) -> np.ndarray:
        values = self.values(x)[-1][None]
        values[0, len(x) // 2] = np.nan
        return values

    def checks() -> list[bool]:
        [along] = path_regions(graph, [[-1.0, 0.0], [1.0, 0.5]])
        return [along.check.certified, plane_regions(graph, BOX).check.certified]

    assert checks() == [True, True]
    monkeypatch.setattr(Graph, "__call__", told)
    assert checks() == [False, False]


@pytest.mark.parametrize("outputs", [3, 200])
def test_more_outputs_than_inputs_are_counted_as_each_of_them_is(outputs: int) -> None:
    """Also where nothing but the outputs' own number would tell a small array from a large one."""
    rng = np.random.default_rng(outputs)
    first, last = rng.normal(size=(4, 3)), rng.normal(size=(outputs, 5))
    every = plane_regions(network(first, last), BOX)
    assert every.check.certified
    assert every.slopes.shape == (every.activation_regions, 2, outputs)
    for each in (0, outputs - 1):
        one = plane_regions(network(first, last[[each]]), BOX)
        np.testing.assert_allclose(every.slopes[:, :, each], one.slopes, rtol=1e-12)
        np.testing.assert_allclose(every.intercepts[:, each], one.intercepts, rtol=1e-12)


def test_a_lead_is_overruled_level_or_none() -> None:
    """Of x, x, -x at 1/2: the second ahead by nothing, by rounding, by more; or no number."""
    layers = layers_of(Stack.of(network([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]), 1, 0))
    values = np.array([[0.5, 0.5 + ahead, -0.5] for ahead in (0.0, 1e-15, 1e-9, np.nan)])
    beyond, level = overruled(layers, np.full((4, 1), 0.5), values, np.zeros(4, np.int64), 2.0**-49)
    assert beyond.tolist() == [False, False, True, True]
    assert level.tolist() == [False, True, False, False]


def test_one_output_does_not_excuse_another() -> None:
    """x and 10^9 x: what is rounding of the second is none of the first."""
    x = Draft().input((1,))
    graph = x.draft.graph(contracted(x, np.array([[1.0, 1e9]]), 1))
    inputs = np.array([[0.5], [1.0]])
    told = graph(inputs)[0]

    def bound(*apart: float) -> float:
        return forgiven(graph, inputs, np.array([apart, apart]), told, 2.0**-49)

    assert bound(0.0, 1e-6) == bound(1e-13, 1e-6) == np.inf
    assert bound(1e-6, 0.0) < 1e-9
    assert bound(1e-6, 1e-6) < 1e-9
    assert 1e-6 < bound(0.0, 1.0) < 1.0


def test_directions_nearly_in_a_plane_lead_out_of_it_at_a_right_angle() -> None:
    rng = np.random.default_rng(0)
    plane, out = Plane(*rng.standard_normal((3, 7))), rng.standard_normal(7)
    for little in (1e-3, 1e-6, 1e-8):
        made = normal(plane, plane.u - 2.0 * plane.v + little * out)
        assert abs(made @ plane.u) < 1e-14
        assert abs(made @ plane.v) < 1e-14
