"""Margins, one output minus the largest of the others: their regions and where they are zero, on lines and in planes.

The oracle takes the exact maps of all outputs and cuts them by every difference of two of the others.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from exact_graph import exact_cells, value
from plane_exact import ExactPlane, cut

import nnexpr
from nnexpr import InputError, path_decisions, path_regions, plane_regions
from nnexpr.networks.graph.affine import contracted, scaled
from nnexpr.networks.graph.bends import leaky
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.draft import Draft
from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.stack import NotPiecewiseLinear

BOX = ((-2.0, 2.0), (-1.0, 2.0))


def small(seed: int, outputs: int, *, whole: bool = True) -> Graph:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.integers(-3, 4, shape).astype(float) if whole else rng.normal(size=shape)

    x = Draft().input((3,))
    hidden = leaky(scaled(contracted(x, draw(3, 3), 1), 1.0, draw(3)), 0.0)
    last = leaky(scaled(contracted(hidden, draw(3, 3), 1), 1.0, draw(3)), -0.5)
    return x.draft.graph(scaled(contracted(last, draw(3, outputs), 1), 1.0, draw(outputs)))


def exact_margin(exact: ExactPlane, own: int) -> ExactPlane:
    polygons, margins = [], []
    for polygon, maps in zip(exact.polygons, exact.maps, strict=True):
        others = [unit for at, unit in enumerate(maps) if at != own]
        parts = [polygon]
        for one, two in combinations(others, 2):
            ahead = tuple(a - b for a, b in zip(one, two, strict=True))
            parts = [half for part in parts for half in cut(part, ahead, Fraction(0))]
        for part in parts:
            middle = tuple(sum(point[axis] for point in part) / len(part) for axis in range(2))
            rival = max(others, key=lambda unit, middle=middle: value(unit, middle))
            polygons.append(part)
            margins.append(tuple(a - b for a, b in zip(maps[own], rival, strict=True)))
    return ExactPlane(polygons, margins)


def exact_zero_length(exact: ExactPlane) -> float:
    """Of the segments on which the maps are zero inside their polygons."""
    total = 0.0
    for polygon, unit in zip(exact.polygons, exact.maps, strict=True):
        heights = [value(unit, point) for point in polygon]
        if min(heights) < 0 < max(heights):
            below = cut(polygon, unit, Fraction(0))[0]
            on = [point for point in below if value(unit, point) == 0]
            total += max(math.dist(map(float, p), map(float, q)) for p in on for q in on)
    return total


def length(lines: list[np.ndarray]) -> float:
    return sum(float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum()) for line in lines)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("outputs", [2, 3, 4])
def test_in_a_plane_they_are_the_exact_ones(outputs: int, whole: bool) -> None:
    for seed in range(3):
        graph, rng = small(seed, outputs, whole=whole), np.random.default_rng(50 + seed)
        plane = tuple(rng.integers(-3, 4, (3, 3)).astype(float) + np.eye(3)[[0, 1, 2]])
        every = exact_cells(graph, plane, BOX)
        for own in range(outputs):
            exact = exact_margin(every, own)
            cells = plane_regions(graph, BOX, plane=plane, of=f"margin:{own}")
            assert cells.check.certified
            assert (cells.of, cells.count) == (f"margin:{own}", exact.linear_regions), (seed, own)
            if all(map(any, exact.maps)):  # no cell is zero all over, whose outline counts
                assert length(cells.zeros) == pytest.approx(exact_zero_length(exact), abs=1e-9), (seed, own)
            for line in cells.zeros:
                at = graph(cells.point_at(*line.T))[0]
                np.testing.assert_allclose(at[:, own], np.delete(at, own, axis=1).max(axis=1), atol=1e-9)


def test_zeros_are_the_boundary_of_the_class() -> None:
    several = 0
    for seed in range(8):
        graph = small(seed, 4, whole=False)
        plane = np.random.default_rng(seed).normal(size=(3, 3)) * 2
        classes = plane_regions(graph, BOX, plane=plane, of="argmax")
        several += classes.count > 1
        left, right = classes.edge_faces.T
        for own in range(4):
            beside = (classes.classes[left] == own) != (classes.classes[right] == own)
            ends = classes.vertices[classes.edges[(left >= 0) & (right >= 0) & beside]]
            around = float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum())
            margin = plane_regions(graph, BOX, plane=plane, of=f"margin:{own}")
            assert length(margin.zeros) == pytest.approx(around, abs=1e-9), (seed, own)
    assert several >= 3


@pytest.mark.parametrize("seed", range(4))
def test_along_a_path_they_change_sign_where_the_class_comes_or_goes(seed: int) -> None:
    graph = small(seed, 4, whole=False)
    way = np.random.default_rng(seed).normal(size=(4, 3)) * 4
    [decided] = path_decisions(graph, way)
    for own in range(4):
        [along] = path_regions(graph, way, of=f"margin:{own}")
        changes = [
            at
            for at, (before, after) in zip(decided.breakpoints, pairwise(decided.classes), strict=True)
            if (before == own) != (after == own)
        ]
        np.testing.assert_allclose(along.zeros, changes, atol=1e-9)
        assert along.check.certified
        at = graph(along.points)[0]
        np.testing.assert_allclose(
            along.values[1:-1][np.isin(along.piece_positions[1:-1], along.breakpoints)],
            at[:, own] - np.delete(at, own, axis=1).max(axis=1),
            atol=1e-9,
        )


def test_of_a_network_it_is_that_of_its_graph_for_every_member() -> None:
    network = nnexpr.mlp(3, 6, inputs=2, outputs=3, members=2, seed=4, dtype="float64")
    ways = [[-2.0, -1.0], [2.5, 0.5]]
    found = path_regions(network, ways, of="margin:1")
    assert len(found) == 2
    for member, along in enumerate(found):
        [other] = path_regions(graph_of(network, member).margin(1), ways)
        assert np.array_equal(along.values, other.values)
        cells = plane_regions(network, BOX, member, of="margin:1")
        assert cells.count == plane_regions(graph_of(network, member).margin(1), BOX).count


def test_an_output_that_touches_zero_or_stays_there() -> None:
    """relu(s) - relu(-s - 1): zero all over between -1 and 0, beside which both outlines count in the plane; along a
    line the sign changes once.
    """
    x = Draft().input((2,))
    two = np.array([[1.0, -1.0], [0.0, 0.0]])
    hidden = leaky(scaled(contracted(x, two, 1), 1.0, np.array([0.0, -1.0])), 0.0)
    graph = x.draft.graph(contracted(hidden, np.array([[1.0], [-1.0]]), 1))
    cells = plane_regions(graph, BOX)
    assert sorted({float(s) for line in cells.zeros for s in line[:, 0]}) == [-1.0, 0.0]
    assert length(cells.zeros) == 6.0
    [along] = path_regions(graph, [[-2.0, 0.0], [2.0, 0.0]])
    assert along.zeros.tolist() == [2.0]
    [touched] = path_regions(graph_of_touch(), [[-2.0, 0.0], [2.0, 0.0]])
    assert touched.zeros.tolist() == []


def graph_of_touch() -> Graph:
    """|s|."""
    x = Draft().input((2,))
    return x.draft.graph(leaky(contracted(x, np.array([[1.0], [0.0]]), 1), -1.0))


def test_what_has_no_margin_or_no_one_output_is_refused() -> None:
    network = nnexpr.mlp(2, 3, inputs=2, outputs=3, dtype="float64")
    one = nnexpr.mlp(2, 3, inputs=2, dtype="float64")
    for of, wrong in ((network, "margin:3"), (network, "margin:"), (network, "margin"), (one, "margin:0")):
        with pytest.raises(InputError, match="regions, argmax or output:0"):
            plane_regions(of, BOX, of=wrong)
    with pytest.raises(InputError, match="margin:0 to margin:2"):
        path_regions(network, [[0, 0], [1, 1]], of="margin:7")
    with pytest.raises(InputError, match="one output"):
        _ = plane_regions(network, BOX).zeros
    with pytest.raises(InputError, match="one output"):
        _ = path_regions(network, [[0, 0], [1, 1]])[0].zeros
    smooth = nnexpr.from_torch(
        torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    )
    with pytest.raises(NotPiecewiseLinear):
        plane_regions(smooth, BOX, of="margin:0")


def test_counts_by_epoch_take_margins() -> None:
    networks = [nnexpr.mlp(3, 8, inputs=5, outputs=4, seed=seed, dtype="float64") for seed in range(2)]
    ends = np.random.default_rng(0).normal(size=(2, 5)) * 5
    found = nnexpr.regions_over(enumerate(networks), vertices=ends, of="margin:2")
    counts = [path_regions(network, ends, of="margin:2")[0].count for network in networks]
    assert [each.count for each in found] == counts
    assert all(each.certified for each in found)


def test_a_bend_of_an_output_that_is_never_the_largest_is_none() -> None:
    """The largest of the others is 2^37 s; the other one bends at t = 0, by less than rounding leaves in that."""
    x = Draft().input((2,))
    both = leaky(contracted(x, np.eye(2), 1), 0.0)
    outputs = np.array([[2.0**37, 0.0, 2.0**-37], [0.0, 2.0**-32, 0.0]])
    graph = x.draft.graph(contracted(both, outputs, 1))
    cells = plane_regions(graph, ((1.0, 2.0), (-1.0, 1.0)), of="margin:2")
    assert (cells.count, cells.activation_regions) == (1, 2)
    assert cells.check.merged > 0
    [along] = path_regions(graph, [[1.0, -1.0], [2.0, 1.0]], of="margin:2")
    assert (along.count, along.activation_regions) == (1, 2)
