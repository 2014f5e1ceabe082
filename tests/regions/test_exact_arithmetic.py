"""The rational recount that settles what rounding leaves open, against another one; and when it is asked."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from exact_graph import exact_cells, exact_line, value
from hypothesis import given, settings
from hypothesis import strategies as st
from test_random_graphs import BOX, KINDS, Drawn
from test_rounding import network

from nnexpr import linear_regions, path_regions, plane_regions
from nnexpr.networks.compositional import compositional
from nnexpr.networks.graph.exact import exact_values
from nnexpr.networks.graph.graph import Graph
from nnexpr.regions.counted import unsettled
from nnexpr.regions.enclosed import enclosed
from nnexpr.regions.exact import settled
from nnexpr.regions.exact.line import along, follows
from nnexpr.regions.exact.plane import in_plane
from nnexpr.regions.exact.walk import TooMuch
from nnexpr.regions.steps import steps_of

ENOUGH = 1 << 22


@pytest.mark.parametrize("kind", KINDS)
def test_on_lines_it_counts_as_another_oracle_does(kind: str) -> None:
    for seed in range(200, 206):
        drawn = Drawn(seed, kind)
        graph = drawn.graph().output(0)
        ends = np.stack([drawn.point(graph), drawn.point(graph) + 0.125])
        found, exact = along(*steps_of(graph), ends, ENOUGH), exact_line(graph, *ends.tolist())
        assert [count + 1 for count in found.bends] == [exact.linear_regions], seed
        assert [count + 1 for count in found.births] == [exact.activation_regions], seed
        places = [Fraction(0), *exact.breakpoints, Fraction(1)]
        middles = [(a + b) / 2 for a, b in pairwise(sorted({*places, *zeros_between(graph, ends, places)}))]
        signs = [sign for at in middles if (sign := np.sign(float_of(graph, ends, at)))]
        assert found.signs == sum(a != b for a, b in pairwise(signs)), seed


def float_of(graph: Graph, ends: np.ndarray, at: Fraction) -> float:
    """The one output at a share of a segment: a float64 number of the same sign."""
    [number] = exact_values(graph, [(1 - at) * Fraction(a) + at * Fraction(b) for a, b in ends.T])[-1]
    return float(number > 0) - float(number < 0)


def zeros_between(graph: Graph, ends: np.ndarray, places: list[Fraction]) -> list[Fraction]:
    """Where the output, affine between ``places``, is zero."""
    found = []
    values = [
        exact_values(graph, [(1 - at) * Fraction(a) + at * Fraction(b) for a, b in ends.T])[-1][0]
        for at in places
    ]
    for (low, high), (a, b) in zip(pairwise(places), pairwise(values), strict=True):
        if a * b < 0:
            found.append(low + (high - low) * a / (a - b))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_in_planes_it_counts_as_another_oracle_does(kind: str) -> None:
    for seed in range(300, 303):
        drawn = Drawn(seed, kind)
        graph = drawn.graph()
        plane = tuple(np.eye(3, graph.inputs) + drawn.numbers(3, graph.inputs))
        exact = exact_cells(graph, plane, BOX)
        if len(exact.polygons) > 120:
            continue
        found = in_plane(*steps_of(graph), plane, BOX, ENOUGH, decisions=True)
        assert (found.regions, found.cells) == (exact.linear_regions, len(exact.polygons)), seed
        if found.told:
            middles = [
                tuple(sum(p[axis] for p in each) / len(each) for axis in range(2)) for each in exact.polygons
            ]
            seen = {
                max(range(len(maps)), key=lambda k, maps=maps, at=at: value(maps[k], at))
                for maps, at in zip(exact.maps, middles, strict=True)
            }
            assert found.decisions >= len(seen), seed


def test_three_outputs_meet_in_a_point_and_part_the_square() -> None:
    """s, t and -s - t are the largest on three sectors of it."""
    three = network([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, -1.0, 0.0]])
    found = plane_regions(three, ((-1.0, 1.0), (-1.0, 1.0)), of="argmax")
    assert (found.count, found.check.certified) == (3, True)


def test_what_takes_too_much_is_not_asked() -> None:
    graph = Drawn(0, "drawn").graph()
    with pytest.raises(TooMuch):
        along(*steps_of(graph), np.stack([np.zeros(graph.inputs), np.ones(graph.inputs)]), 10)
    with pytest.raises(TooMuch):
        in_plane(*steps_of(graph), tuple(np.eye(3, graph.inputs)), BOX, 10)


@pytest.mark.parametrize(
    ("classes", "tops", "expected"),
    [
        ([0], [[1, 0]], True),
        ([1], [[1, 0]], False),
        ([0, 1], [[1, 0], [0, 1]], True),
        ([0, 1], [[1, 0], [1, 0]], False),
        ([0], [[1, 0], [0, 1]], False),
        ([0, 1, 0], [[1, 0], [0, 1]], False),
        ([0, 1], [[1, 1], [1, 1]], True),  # equal all along: either may be told
        ([1], [[1, 1], [0, 1]], True),
        ([0, 2], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], False),
    ],
)
def test_classes_follow_one_another(classes: list[int], tops: list[list[int]], expected: bool) -> None:
    assert follows(classes, np.array(tops, dtype=bool)) == expected


@pytest.mark.parametrize(
    ("exact", "literal", "ties", "merged", "level", "expected"),
    [
        (None, True, 0, 0, 0, 0),
        (None, True, 1, 2, 4, 7),
        (None, False, 1, 2, 4, 6),
        (True, True, 1, 2, 4, 0),
        (False, True, 1, 2, 4, 7),
        (False, True, 0, 0, 0, 1),
    ],
)
def test_what_is_left_open(
    exact: bool | None, literal: bool, ties: int, merged: int, level: int, expected: int
) -> None:
    assert unsettled(exact, literal, ties, merged, level) == expected


class TestWhenItIsAsked:
    """Two equal units cancel, to the bit or but for the last bit of a weight; or meet, or nearly."""

    CASES = (
        ([[[1.0, -0.5]] * 2, [[1.0, -1.0, 0.0]]], 1, True),
        ([[[1.0, -0.5]] * 2, [[1.0, -1.0 - 2.0**-52, 0.0]]], 1, False),
        ([[[1.0, -0.5], [3.0, -1.5], [1.0, -0.25]], [[1.0, 1.0, 1.0, 0.0]]], 3, True),
        ([[[0.3, -0.1], [2.31, -0.77], [1.0, -0.25]], [[1.0, 1.0, 1.0, 0.0]]], 3, False),
    )

    @pytest.mark.parametrize(("blocks", "count", "right"), CASES)
    def test_on_the_line(self, blocks: list[list[list[float]]], count: int, right: bool) -> None:
        small = network(*blocks)
        [found], [path] = linear_regions(small), path_regions(small, [0.0, 1.0])
        for each in (found, path):
            assert (each.count, each.check.exact, each.check.certified) == (count, right, right)

    @pytest.mark.parametrize(("blocks", "count", "right"), CASES)
    def test_in_the_plane(self, blocks: list[list[list[float]]], count: int, right: bool) -> None:
        flat = network([[w, 0.0, b] for w, b in blocks[0]], blocks[1])
        found = plane_regions(flat, ((0.0, 1.0), (0.0, 1.0)))
        assert (found.count, found.check.exact, found.check.certified) == (count, right, right)

    @pytest.mark.parametrize(("blocks", "count", "right"), CASES)
    def test_without_it_nothing_is_vouched_for(
        self, monkeypatch: pytest.MonkeyPatch, blocks: list[list[list[float]]], count: int, right: bool
    ) -> None:
        monkeypatch.setattr(settled, "MOST", 0)
        [found] = linear_regions(network(*blocks))
        assert (found.count, found.check.exact, found.check.certified) == (count, None, False)

    def test_networks_in_general_position_need_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def asked(*given: object) -> None:
            raise AssertionError

        monkeypatch.setattr(settled, "steps_of", asked)
        rng = np.random.default_rng(5)
        for inputs in (1, 2):
            sizes = (inputs, 9, 9, 1)
            of = network(*(rng.normal(size=(b, a + 1)) for a, b in pairwise(sizes)))
            found = linear_regions(of)[0] if inputs == 1 else plane_regions(of, BOX)
            assert (found.check.exact, found.check.certified) == (None, True)

    def test_weights_that_approximate_kinks_which_coincide_are_counted_by_their_tolerance(self) -> None:
        [found] = linear_regions(compositional(5, seed=1, dtype="float64"))
        assert found.count == 32
        assert found.check.ties > 0
        assert (found.check.exact, found.check.literal, found.check.certified) == (None, False, True)


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 10**6), st.sampled_from(KINDS))
def test_values_are_within_their_bounds(seed: int, kind: str) -> None:
    drawn = Drawn(seed, kind)
    graph, rng = drawn.graph(), np.random.default_rng(seed)
    points, doubts = rng.normal(size=(2, 4, graph.inputs)) * [[[1.0]], [[1e-9]]]
    for sizes in (np.zeros_like(doubts), np.abs(doubts)):
        values, bounds = enclosed(graph, points, sizes)
        moved = points + sizes * rng.choice([-0.99, 0.0, 0.99], points.shape)
        for point, value_, bound in zip(moved, values, bounds, strict=True):
            for exact, told, most in zip(exact_values(graph, point.tolist())[-1], value_, bound, strict=True):
                assert abs(exact - Fraction(float(told))) <= Fraction(float(most))
