"""What vouches for a count: where it begins to say false, what it is made of, and how near slopes are one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_rounding import network

from nnexpr import circle, linear_regions, path_regions, plane_regions
from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions import threads
from nnexpr.regions.counted import Certificate, allowed
from nnexpr.regions.layer import Bends, Layer, Sparse
from nnexpr.regions.line import member
from nnexpr.regions.line.front import NOTHING, SLOPES, VALUES
from nnexpr.regions.line.member import trace
from nnexpr.regions.plane.cells import PlaneCertificate
from nnexpr.regions.plane.placed import placed
from nnexpr.regions.plane.ties import Rounding
from nnexpr.regions.threads import in_shares
from nnexpr.scale import Scale
from nnexpr.specification import InputError

TOLERANCE = 2.0**-49
BOX = ((-2.0, 2.0), (-1.0, 3.0))


def test_a_count_is_certified_up_to_what_rounding_explains() -> None:
    sound = Certificate(max_residual=1.0, allowed=1.0, ties=0, merged=0, unresolved=0)
    assert sound.certified
    assert replace(sound, max_residual=0.0).certified
    for residual in (1.0 + 1e-15, float("inf"), float("nan"), None):
        assert not replace(sound, max_residual=residual).certified
    for wrong in ({"overruled": 1}, {"exact": False}, {"ties": 1}, {"merged": 1}, {"level": 1}):
        assert not replace(sound, **wrong).certified
    assert replace(sound, ties=1, merged=1, level=1, exact=True).certified
    assert replace(sound, ties=1, literal=False).certified
    own = replace(sound, max_residual=0.5).rescaled(Scale(-3.0, 7.0))
    assert (own.max_residual, own.allowed) == (1.5, 3.0)
    assert replace(sound, max_residual=None).rescaled(Scale(2.0)).max_residual is None


def test_rounding_explains_a_thousand_tolerances_of_the_terms_and_never_more_than_a_thousandth() -> None:
    assert allowed(3.0, TOLERANCE) == 3.0 * 2.0**-39
    assert allowed(3.0, 2.0**-20) == allowed(3.0, 0.5) == 3.0 * 2.0**-10


def test_cells_are_certified_only_where_all_is_as_it_should_be() -> None:
    sound = PlaneCertificate(
        euler=1, area_error=0.9e-9, twice_crossed=0, sampled_points=9, sampled_mismatches=0, max_residual=1.0,
        mean_degree=2.0, ties=3, allowed=1.0, merged=2, level=1, exact=True,
    )  # fmt: skip
    assert sound.certified
    for wrong in (
        {"euler": 0},
        {"euler": 2},
        {"area_error": 1.1e-9},
        {"twice_crossed": 1},
        {"sampled_mismatches": 1},
        {"max_residual": 1.0 + 1e-15},
        {"max_residual": float("nan")},
        {"exact": False},
        {"exact": None},
        {"exact": None, "ties": 0, "merged": 0},
        {"exact": None, "ties": 0, "level": 0},
        {"exact": None, "merged": 0, "level": 0},
    ):
        assert not replace(sound, **wrong).certified
    own = replace(sound, max_residual=0.5).rescaled(Scale(-3.0, 7.0))
    assert (own.max_residual, own.allowed) == (1.5, 3.0)


@pytest.mark.parametrize(("domain", "terms"), [((0.0, 1.0), 3.0), ((-3.0, 1.0), 9.0), ((0.25, 0.5), 1.5)])
def test_the_terms_of_the_output_are_those_of_its_value_or_of_its_slope_at_the_largest_input(
    domain: tuple[float, float], terms: float
) -> None:
    """2 relu(x − 1/4) − relu(3/4 − x) + 1/2: slopes of 2 + 1 in between; |values| of up to 2 and, at −3, of 4.25."""
    [found] = linear_regions(network([[1.0, -0.25], [-1.0, 0.75]], [[2.0, -1.0, 0.5]]), domain)
    assert found.check.allowed == allowed(terms, TOLERANCE)


def test_in_the_plane_the_terms_are_no_less_than_those_of_the_corners() -> None:
    """3 x − 2 y + 1/2: points and middles give at most 6 + 6 + 1/2, the slope at the largest input 3 · 3."""
    plane = Network((AffineLayer(2, 1),), torch.tensor([[3.0, -2.0, 0.5]], dtype=torch.float64))
    found = plane_regions(plane, BOX)
    assert allowed(10.0, plane.tie_tolerance) < found.check.allowed <= allowed(12.5, plane.tie_tolerance)
    steep = Network((AffineLayer(2, 1),), torch.tensor([[3.0, 0.0, 0.0]], dtype=torch.float64))
    assert plane_regions(steep, BOX).check.allowed == allowed(9.0, steep.tie_tolerance)


@pytest.mark.parametrize(("power", "unresolved"), [(60, 1), (40, 0)])
def test_breakpoints_that_are_one_float64_number_are_counted_and_told(power: int, unresolved: int) -> None:
    """With a = relu(x − 3/4), a + relu(2^k a − 1) / 2^k bends at 3/4 and 2^-k beyond."""
    steep = 2.0**power
    [found] = linear_regions(network([[1.0, -0.75]], [[1.0, 0.0], [steep, -1.0]], [[1.0, 1 / steep, 0.0]]))
    assert found.slopes.tolist() == [0.0, 1.0, 2.0]
    assert found.breakpoints.tolist() == [0.75, 0.75 + 1 / steep]
    assert found.check.unresolved == unresolved


@pytest.mark.parametrize("unit", [[1.0, -0.5], [-1.0, 0.5], [2.0, -1.0]])
@pytest.mark.parametrize(("steps", "count"), [(16, 1), (17, 1), (18, 2), (40, 2)])
def test_a_bend_is_one_beyond_its_rounding(steps: int, count: int, unit: list[float]) -> None:
    """Weights 1 and −1 − k eps of two equal units: a change of k eps beside eps N (2 + √2), N = (2 + 1) + (1 + 1)."""
    last = [[1.0, -1.0 - steps * 2.0**-52, 0.0]]
    [found] = linear_regions(network([unit] * 2, last))
    assert (found.count, found.check.merged) == (count, 2 - count)
    assert found.collapsed == (count == 1)


@pytest.mark.parametrize(("steps", "count"), [(19, 1), (20, 1), (21, 2), (40, 2)])
def test_in_the_plane_likewise(steps: int, count: int) -> None:
    """N = (2 + 1) + (2 + 1): eps 6 (2 + √2)."""
    last = [[1.0, -1.0 - steps * 2.0**-52, 0.0]]
    found = plane_regions(network([[1.0, 0.0, -0.5]] * 2, last), ((0.0, 1.0), (0.0, 1.0)))
    assert (found.activation_regions, found.count, found.check.merged) == (2, count, 2 - count)


@pytest.mark.parametrize(("steps", "count"), [(20, 1), (21, 2)])
def test_beside_a_steep_unit_that_does_not_bend_a_bend_is_told_by_those_that_do(
    steps: int, count: int
) -> None:
    """As above, with one unit more: N = (3 + 1) + (1 + 1)."""
    last = [[1.0, -1.0 - steps * 2.0**-52, 2.0**40, 0.0]]
    [found] = linear_regions(network([[1.0, -0.5], [1.0, -0.5], [1.0, 1.0]], last))
    assert (found.activation_regions, found.count, found.check.merged) == (2, count, 2 - count)


@pytest.mark.parametrize(("steps", "count"), [(23, 1), (24, 2)])
def test_in_the_plane_by_the_same_rule(steps: int, count: int) -> None:
    """N = (2 + 1) + (3 + 1): eps 7 (2 + √2)."""
    last = [[1.0, -1.0 - steps * 2.0**-52, 2.0**40, 0.0]]
    units = [[1.0, 0.0, -0.5], [1.0, 0.0, -0.5], [1.0, 0.0, 1.0]]
    found = plane_regions(network(units, last), ((0.0, 1.0), (0.0, 1.0)))
    assert (found.activation_regions, found.count, found.check.merged) == (2, count, 2 - count)


CARE = {
    "generic": [[[1.0, -0.3], [-0.7, 0.4]], [[1.0, -0.5, 0.1], [0.3, 1.0, -0.15]], [[1.0, 1.0, 0.0]]],
    "two kinks on one another": [[[0.3, -0.1], [2.31, -0.77]], [[1.0, 1.0, 0.0]]],
    "a kink on an end": [[[1.0, -(2.0**-31)]], [[1.0, 0.0]]],
    "a kink that is not on an end": [[[1.0, -(2.0**-28)]], [[1.0, 0.0]]],
    "a weight of next to nothing": [[[1.0, 0.3], [1.0, 0.4]], [[1.0, 2.0**-50, 0.1]], [[1.0, 0.0]]],
    "a small weight": [[[1.0, 0.3], [1.0, 0.4]], [[1.0, 2.0**-49, 0.1]], [[1.0, 0.0]]],
    "a change of next to nothing": [[[1.0, -0.3], [1.0, -0.4]], [[1.0, 2.0**-26, 0.1]], [[1.0, 0.0]]],
    "slopes that cancel": [[[0.7, 0.35]] * 3, [[0.1, 0.2, -0.30000000000000004, 1.0]], [[1.0, 0.0]]],
}


@pytest.mark.parametrize(
    ("name", "care"),
    [
        ("generic", [NOTHING]),
        ("two kinks on one another", [NOTHING, VALUES]),
        ("a kink on an end", [NOTHING, VALUES]),
        ("a kink that is not on an end", [NOTHING]),
        ("a weight of next to nothing", [NOTHING, SLOPES]),
        ("a small weight", [NOTHING]),
        ("a change of next to nothing", [NOTHING, SLOPES]),
        ("slopes that cancel", [NOTHING, SLOPES]),
    ],
)
def test_rounding_is_carried_where_it_decides_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, name: str, care: list[int]
) -> None:
    """A member is traced anew with as much care as it turns out to need."""
    tried: list[int] = []

    def spy(*arguments: object) -> object:
        tried.append(int(arguments[10]))  # type: ignore[call-overload]
        return trace(*arguments)

    monkeypatch.setattr(member, "trace", spy)
    linear_regions(network(*CARE[name]))
    assert tried == care


def test_a_segment_without_a_bend_is_one_piece() -> None:
    plain = Network((AffineLayer(2, 1),), torch.tensor([[3.0, -2.0, 0.5]], dtype=torch.float64))
    [found] = path_regions(plain, [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    assert found.segment_pieces.tolist() == [1, 1]
    assert (found.pieces, found.count) == (2, 1)


def test_as_many_points_are_looked_at_as_there_are_cells_within_limits() -> None:
    """And the middles of as many cells: 128 points at least, 1024 at most."""
    rng = np.random.default_rng(0)

    def looked_at(units: int) -> tuple[int, int]:
        found = plane_regions(network(rng.normal(size=(units, 3)), rng.normal(size=(1, units + 1))), BOX)
        return found.activation_regions, found.check.sampled_points

    cells, points = looked_at(3)
    assert points == 128 + cells
    cells, points = looked_at(30)
    assert 128 < cells < 1024
    assert points == 2 * cells
    cells, points = looked_at(90)
    assert cells > 1024
    assert points == 2048


def dense(weights: np.ndarray, bias: np.ndarray) -> Layer:
    """A layer of which nothing bends."""
    none, no_places = (
        Bends(np.zeros((0, 3), dtype=np.int64), np.zeros((0, 3, 1))),
        np.zeros(0, dtype=np.int64),
    )
    few = Sparse(no_places, no_places, np.zeros(0), no_places)
    return Layer(weights, few, bias, none, 0, len(weights), len(weights))


def test_the_rounding_of_a_layer_is_gathered_from_what_is_below() -> None:
    weights, bias = np.array([[3.0, 1.0], [-2.0, 0.5]]), np.array([0.25, -4.0])
    sizes, below = np.array([2.0, 7.0]), Rounding(np.array([0.5, 3.0]), np.array([1.0, 6.0]))
    made = below.through(dense(weights, bias), sizes)
    squares = weights**2
    own = [sizes[0] ** 2 * a + sizes[1] ** 2 * b + c**2 for a, b, c in zip(*squares, bias, strict=True)]
    sigmas = [np.sqrt(o + 0.25 * a + 9.0 * b) for o, a, b in zip(own, *squares, strict=True)]
    np.testing.assert_allclose(made.sigmas, sigmas, rtol=1e-15)
    np.testing.assert_allclose(made.steepness, [np.sqrt(a + 36 * b) for a, b in squares.T], rtol=1e-15)
    deep = Rounding(np.full(2, 1e9), np.ones(2)).through(dense(weights, bias), sizes)
    np.testing.assert_allclose(deep.sigmas, 2.0**16 * np.sqrt(own), rtol=1e-15)
    function = np.array([[[0.0, 0.0], [0.5, -3.0], [0.0, 0.0]]])
    steep, passing = (made.above(Bends(np.array([[0, units, 1]]), function)) for units in (2, 1))
    np.testing.assert_allclose(steep.sigmas, 3 * made.sigmas)
    np.testing.assert_allclose(steep.steepness, 3 * made.steepness)
    assert (passing.sigmas[0], passing.sigmas[1]) == (steep.sigmas[0], made.sigmas[1])
    assert (passing.steepness[0], passing.steepness[1]) == (steep.steepness[0], made.steepness[1])
    with np.errstate(over="ignore", invalid="ignore"):
        vast = Rounding.of_inputs(placed(None, 2), BOX).through(dense(1e200 * weights, bias), sizes)
    assert vast.sigmas.tolist() == vast.steepness.tolist() == [0.0, 0.0]
    assert Rounding.of_inputs(placed(None, 2), BOX).sigmas.tolist() == [0.0, 0.0]
    assert Rounding.of_inputs(placed(None, 2), BOX).steepness.tolist() == [1.0, 1.0]


def test_shares_are_consecutive_and_four_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def shares(count: int, fewest: int) -> list[tuple[int, int]]:
        return in_shares(lambda low, high: (low, high), count, fewest)

    monkeypatch.setattr(threads.torch, "get_num_threads", lambda: 3)
    for count, number in ((9, 1), (19, 1), (20, 8), (29, 8), (30, 12), (1000, 12)):
        found = shares(count, 10)
        assert len(found) == number
        assert [found[0][0], *(high for _, high in found)] == [*(low for low, _ in found), count]
        assert found[0][0] == 0
        sizes = [high - low for low, high in found]
        assert max(sizes) - min(sizes) <= 1
    monkeypatch.setattr(threads.torch, "get_num_threads", lambda: 1)
    assert shares(1000, 10) == [(0, 1000)]


def test_a_circle_is_three_vertices_at_least_and_has_a_radius() -> None:
    corners = circle((1.0, 2.0), 3.0, 3)
    np.testing.assert_allclose(np.hypot(*(corners - [1.0, 2.0]).T), 3.0)
    np.testing.assert_allclose(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1), 27**0.5)
    for radius, vertices in ((1.0, 2), (-1.0, 9), (float("inf"), 9), (float("nan"), 9)):
        with pytest.raises(InputError, match="circle"):
            circle((0.0, 0.0), radius, vertices)
