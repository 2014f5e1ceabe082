"""Regions of graphs, on lines and in planes: against exact rational arithmetic, networks, torch and brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from adding import random_adding, random_layers
from exact_graph import exact_cells, exact_line
from plane_exact import area

import nnexpr
from nnexpr import path_decisions, path_regions, plane_regions
from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.affine import added, contracted, convolved, joined, scaled
from nnexpr.networks.graph.bends import bent, clamped, larger, leaky, smaller
from nnexpr.networks.graph.chain import graph_of
from nnexpr.networks.graph.draft import Draft, Signal
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Kinks
from nnexpr.networks.graph.pooling import Windows, pooled_max, pooled_mean
from nnexpr.regions import lowered as lowering
from nnexpr.regions.line import member as members
from nnexpr.regions.line.member import walk
from nnexpr.regions.lowered import lowered
from nnexpr.regions.path import _path
from nnexpr.regions.stack import Stack

HAT = PiecewiseLinear((0.0, 1.0, 2.0), (0.0, 1.0, -1.0, 0.0), (0.0, 0.0, 2.0, 0.0))
BOX = ((-2.0, 2.0), (-1.0, 2.0))


class Numbers:
    """Small whole numbers, of which many kinks coincide, or drawn ones."""

    def __init__(self, seed: int, whole: bool) -> None:
        self.rng, self.whole = np.random.default_rng(seed), whole

    def __call__(self, *shape: int) -> np.ndarray:
        return self.rng.integers(-2, 3, shape).astype(float) if self.whole else self.rng.normal(size=shape)


def residual_blocks(draw: Numbers) -> Graph:
    """Two blocks x + W relu(V relu(x)), the second with a shortcut of its own."""
    x = Draft().input((3,))
    h = leaky(contracted(x, draw(3, 4), 1), 0.0)
    h = added(h, contracted(leaky(contracted(h, draw(4, 3), 1), 0.0), draw(3, 4), 1))
    h = leaky(h, 0.0)
    h = added(
        contracted(h, draw(4, 2), 1), contracted(leaky(contracted(h, draw(4, 3), 1), 0.0), draw(3, 2), 1)
    )
    return x.draft.graph(contracted(leaky(h, 0.0), draw(2, 2), 1))


def convolutional(draw: Numbers) -> Graph:
    """Convolutions with a stride, padding, PReLU by channel, average pooling, a readout."""
    x = Draft().input((1, 4, 4))
    h = convolved(x, draw(2, 1, 3, 3), draw(2), stride=(1, 1), padding=(1, 0, 0, 1), dilation=(1, 1))
    h = leaky(h, np.array([0.5, -1.0])[:, None, None])
    h = convolved(h, draw(2, 2, 2, 2), draw(2), stride=(2, 1), padding=(0, 0, 0, 0), dilation=(1, 1))
    h = pooled_mean(leaky(h, 0.0), Windows((1, 2), (1, 2), (0, 0, 0, 0), (1, 1)))
    return x.draft.graph(contracted(flat(h), draw(h.places.size, 2), 1))


def pooling(draw: Numbers) -> Graph:
    """relu, then maxima of windows that overlap and are cut by padding: 2, 3 or 4 numbers each."""
    x = Draft().input((1, 3, 3))
    h = leaky(
        convolved(x, draw(1, 1, 2, 2), draw(1), stride=(1, 1), padding=(0, 1, 1, 0), dilation=(1, 1)), 0.0
    )
    h = pooled_max(h, Windows((2, 2), (2, 2), (1, 0, 0, 0), (1, 1)))
    return x.draft.graph(contracted(flat(h), draw(h.places.size, 1), 1))


def maxima(draw: Numbers) -> Graph:
    """Max and min of two branches, both of which go on, beside functions that differ from unit to unit."""
    x = Draft().input((2,))
    one, other = contracted(x, draw(2, 3), 1), scaled(contracted(x, draw(2, 3), 1), 1.0, draw(3))
    high, low = larger(one, other), smaller(one, other)
    mixed = bent(
        joined([high, low], 1), [HAT, PiecewiseLinear((-1.0,), (-1.0, 2.0), (0.0, 3.0))], [0, 1, 0, 1, 1, 0]
    )
    return x.draft.graph(contracted(joined([clamped(mixed, -1.0, 2.0), one], 1), draw(9, 2), 1))


def cancelling(draw: Numbers) -> Graph:
    """relu(z) - relu(-z) is z, and max(z, -z) is relu(z) + relu(-z): what bends in every unit bends in no output, or
    once.
    """
    x = Draft().input((2,))
    z = scaled(contracted(x, draw(2, 3), 1), 1.0, draw(3))
    up, down = leaky(z, 0.0), leaky(scaled(z, -1.0), 0.0)
    same, twice = (
        added(up, scaled(down, -1.0)),
        added(larger(z, scaled(z, -1.0)), scaled(added(up, down), -1.0)),
    )
    return x.draft.graph(
        joined([same, twice, contracted(leaky(contracted(same, draw(3, 2), 1), 0.0), draw(2, 1), 1)], 1)
    )


def flat(signal: Signal) -> Signal:
    return signal.at(signal.places.reshape(1, -1))


KINDS = {each.__name__: each for each in (residual_blocks, convolutional, pooling, maxima, cancelling)}


def ends(graph: Graph, draw: Numbers) -> tuple[np.ndarray, np.ndarray]:
    a = draw(graph.inputs)
    return a, a + draw(graph.inputs) * 2 + np.eye(graph.inputs)[0]


@pytest.fixture(params=["as they are", "all sparse"])
def matrices(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Matrices of so small graphs would all be kept whole."""
    if request.param == "all sparse":
        monkeypatch.setattr(lowering, "DENSE", 1.0)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_on_a_line_they_are_the_exact_ones(kind: str, whole: bool, matrices: None) -> None:
    for seed in range(6):
        draw = Numbers(seed, whole)
        graph = KINDS[kind](draw)
        a, b = ends(graph, draw)
        [found] = path_regions(graph, [a, b])
        exact = exact_line(graph, a.tolist(), b.tolist())
        assert (found.count, found.activation_regions) == (exact.linear_regions, exact.activation_regions), (
            seed
        )
        np.testing.assert_allclose(found.positions, [float(x) for x in exact.breakpoints], rtol=0, atol=1e-12)
        np.testing.assert_allclose(
            graph(found.points)[0], found.values.reshape(len(found.values), -1)[1:-1], atol=1e-9
        )
        assert found.check.certified


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_plane_they_are_the_exact_ones(kind: str, whole: bool, matrices: None) -> None:
    for seed in range(2):
        draw = Numbers(100 + seed, whole)
        graph = KINDS[kind](draw)
        origin, direction = ends(graph, draw)
        plane = origin, direction - origin, np.roll(np.eye(graph.inputs)[0], 1) * 2 + draw(graph.inputs) / 2
        cells, exact = plane_regions(graph, BOX, plane=plane), exact_cells(graph, plane, BOX)
        assert cells.check.certified, seed
        assert (cells.activation_regions, cells.count) == (len(exact.polygons), exact.linear_regions), seed
        middles = [[float(sum(c) / len(p)) for c in zip(*p, strict=True)] for p in exact.polygons]
        own = cells.locate(middles)
        assert sorted(own.tolist()) == list(range(len(own)))
        outputs = graph.outputs
        slopes, intercepts = cells.slopes.reshape(-1, 2, outputs), cells.intercepts.reshape(-1, outputs)
        found = np.concatenate([slopes, intercepts[:, None]], axis=1)[own].transpose(0, 2, 1)
        np.testing.assert_allclose(found, np.array(exact.maps, dtype=float), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            cells.areas[own], [float(area(p)) for p in exact.polygons], rtol=1e-9, atol=1e-12
        )


def test_a_network_and_its_graph_have_the_same_cells() -> None:
    """Layers that add included: chain and carried layers are two ways to the same."""
    for seed in range(6):
        layers = random_layers(np.random.default_rng(seed), ["relu", "hat", "leaky_relu"], inputs=2, depth=5)
        network = random_adding(layers, members=2, seed=seed)
        for member in range(2):
            graph = graph_of(network, member)
            ways = [[-2.0, -1.0], [2.5, 0.5], [0.0, 1.5]]
            line, of_graph = path_regions(network, ways)[member], path_regions(graph, ways)[0]
            assert (line.count, line.activation_regions) == (of_graph.count, of_graph.activation_regions)
            np.testing.assert_allclose(line.breakpoints, of_graph.breakpoints, atol=1e-9)
            plane, cells = plane_regions(network, BOX, member), plane_regions(graph, BOX)
            assert (plane.count, plane.activation_regions) == (cells.count, cells.activation_regions)
            np.testing.assert_allclose(plane.areas, cells.areas, atol=1e-9)


def test_a_plain_network_is_its_graph_to_the_bit() -> None:
    network = nnexpr.mlp(depth=4, width=12, inputs=2, dtype="float64", seed=3)
    network.bias(0)[:] = torch.linspace(-1, 1, 12)
    graph = graph_of(network)
    [line], [of_graph] = (path_regions(of, [[-2.0, -1.0], [2.0, 1.0]]) for of in (network, graph))
    assert np.array_equal(line.breakpoints, of_graph.breakpoints)
    assert np.array_equal(line.bend_units, of_graph.bend_units)
    assert np.array_equal(line.bend_layers, of_graph.bend_layers)
    assert line.dead_units == of_graph.dead_units
    plane, cells = plane_regions(network, BOX), plane_regions(graph, BOX)
    assert np.array_equal(plane.vertices, cells.vertices)
    assert np.array_equal(plane.edge_layer, cells.edge_layer)
    assert plane.dead_units == cells.dead_units


def test_patterns_found_by_sampling_are_those_of_the_cells() -> None:
    """Every unit's piece at many points is one on each cell."""
    graph = pooling(Numbers(7, whole=False))
    origin, u, v = np.random.default_rng(7).normal(size=(3, graph.inputs))
    cells = plane_regions(graph, BOX, plane=(origin, u, v))
    points = np.random.default_rng(1).uniform(*np.transpose(BOX), (4000, 2))
    values = graph.values(cells.point_at(*points.T))
    kinks = [(node, values[node.of[0]] > 0) for node in graph.nodes if isinstance(node, Kinks)]
    patterns = [row.tobytes() for row in np.concatenate([on for _, on in kinks], axis=1)]
    pieces: dict[int, bytes] = {}
    for cell, pattern in zip(cells.locate(points).tolist(), patterns, strict=True):
        assert pieces.setdefault(cell, pattern) == pattern
    assert len(set(pieces.values())) > 3


def test_a_line_in_the_plane_of_a_convolution() -> None:
    graph = convolutional(Numbers(3, whole=False))
    plane = nnexpr.Plane(*np.random.default_rng(0).normal(size=(3, 16)))
    cells, classes = (
        plane_regions(graph, BOX, plane=plane),
        plane_regions(graph, BOX, plane=plane, of="argmax"),
    )
    a, b = np.array([-1.9, -0.8]), np.array([1.8, 1.9])
    [path] = path_regions(graph, plane.at(*np.stack([a, b]).T))
    [decided] = path_decisions(graph, plane.at(*np.stack([a, b]).T))
    t = np.linspace(0, 1, 20_001)[:, None]
    on = cells.regions[cells.locate((1 - t) * a + t * b)]
    assert 1 + np.count_nonzero(np.diff(on)) == path.count > 3
    middles = np.convolve([0.0, *decided.positions, 1.0], [0.5, 0.5], "valid")[:, None]
    assert (
        decided.classes.tolist() == classes.classes[classes.locate((1 - middles) * a + middles * b)].tolist()
    )


def test_bends_are_of_units_that_bend_there() -> None:
    """Of every breakpoint layer and unit, by their names: the unit's number changes its piece there."""
    graph = convolutional(Numbers(5, whole=False))
    a, b = ends(graph, Numbers(6, whole=False))
    [found] = path_regions(graph, [a, b])
    assert found.bends == sum(found.bends_by_layer)
    assert len(found.bends_by_layer) == len(graph.bending) == 2
    for layer, unit, point in zip(found.bend_layers, found.bend_units, found.points, strict=True):
        z = graph.values(point[None])[graph.nodes[graph.bending[layer - 1]].of[0]]
        assert abs(z[0, unit]) < 1e-9
    for layer, unit in found.dead_units:
        assert layer == 2
        t = np.linspace(0, 1, 500)[:, None]
        assert graph.values((1 - t) * a + t * b)[graph.nodes[graph.bending[1]].of[0]][:, unit].max() <= 0


def test_a_shortcut_passes_as_what_is_made_of_it() -> None:
    """A shortcut of 2 numbers out of 40 passes 2."""
    x = Draft().input((3,))
    rng = np.random.default_rng(0)
    h = leaky(contracted(x, rng.normal(size=(3, 40)), 1), 0.0)
    deep = contracted(leaky(contracted(h, rng.normal(size=(40, 30)), 1), 0.0), rng.normal(size=(30, 2)), 1)
    graph = x.draft.graph(leaky(added(deep, contracted(h, rng.normal(size=(40, 2)), 1)), 0.0))
    made = lowered(graph)
    assert made.shapes[:, :3].tolist() == [[3, 40, 40], [40, 32, 30], [32, 2, 2], [2, 2, 0]]


def test_maps_whose_product_would_be_dear_are_a_layer() -> None:
    x = Draft().input((1, 12, 12))
    weights = np.random.default_rng(0).normal(size=(2, 8, 1, 5, 5))
    h = convolved(x, weights[0], np.zeros(8), stride=(1, 1), padding=(2, 2, 2, 2), dilation=(1, 1))
    h = convolved(
        h, weights[1].reshape(1, 8, 5, 5), np.zeros(1), stride=(1, 1), padding=(2, 2, 2, 2), dilation=(1, 1)
    )
    graph = x.draft.graph(leaky(h, 0.0))
    assert lowered(graph).shapes[:, :3].tolist() == [[144, 1152, 0], [1152, 144, 144], [144, 144, 0]]
    [found] = path_regions(graph, np.random.default_rng(1).normal(size=(2, 144)))
    assert found.check.certified
    assert len(found.bends_by_layer) == 1


def test_the_certificate_is_of_the_graph_and_not_of_its_chain() -> None:
    """A chain that is another network is found out."""
    graph = residual_blocks(Numbers(1, whole=False))
    other = residual_blocks(Numbers(2, whole=False))
    right = Stack.of(graph, None)
    path = _path(np.random.default_rng(0).normal(size=(2, 3)))
    wrong = replace(right, graph=other)
    [[good], [bad]] = (walk(each, path, lambda traced: traced, certify=True) for each in (right, wrong))
    assert good.residual < 1e-12 < 1e-3 < bad.residual


def test_what_does_not_fit_is_refused_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class Little:
        available = 50_000

    monkeypatch.setattr(lowering.psutil, "virtual_memory", Little)
    x = Draft().input((1, 12, 12))
    weights = np.ones((8, 1, 5, 5))
    graph = x.draft.graph(
        convolved(x, weights, np.zeros(8), stride=(1, 1), padding=(2, 2, 2, 2), dilation=(1, 1))
    )
    with pytest.raises(ValueError, match=r"need about 0\.0 GB of memory"):
        path_regions(graph, np.random.default_rng(0).normal(size=(2, 144)))
    small = residual_blocks(Numbers(0, whole=True))
    assert path_regions(small, [[0.0, 0, 0], [1.0, 2, 1]])[0].check.certified


def pictured(pool: bool) -> Graph:
    """A convolution of a picture, then maxima or means of windows, then an output of three numbers."""
    draw, x = Numbers(5, whole=False), Draft().input((1, 9, 9))
    h = convolved(x, draw(6, 1, 2, 2), draw(6), stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1))
    windows = Windows((4, 4), (4, 4), (0, 0, 0, 0), (1, 1))
    h = pooled_max(leaky(h, 0.0), windows) if pool else pooled_mean(leaky(h, 0.0), windows)
    return x.draft.graph(contracted(flat(h), draw(h.places.size, 3), 1))


@pytest.mark.parametrize("pool", [False, True])
def test_units_that_are_off_are_exactly_so(pool: bool) -> None:
    """Windows in which all units go off on the way: sums of nothing have no slope that rounding has left, and of two
    that are both off neither is larger by rounding. So no care is asked for, and nothing counts as a tie.
    """
    graph, asked = pictured(pool), []
    stack, path = Stack.of(graph, inputs=None), _path(np.random.default_rng(1).normal(size=(2, 81)))

    def spied(*given: object) -> tuple[object, ...]:
        asked.append(given[10])
        return trace(*given)

    trace = members.trace
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(members, "trace", spied)
        [found] = walk(stack, path, lambda traced: traced, certify=True)
    assert asked == [members.NOTHING]
    assert found.ties == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(members, "NOTHING", members.SLOPES)
        [careful] = walk(stack, path, lambda traced: traced, certify=True)
    assert len(found.ends) == len(careful.ends) > 30
    assert len(found.positions) == len(careful.positions) > 100
    np.testing.assert_allclose(found.positions, careful.positions, rtol=1e-11)
    np.testing.assert_allclose(found.values, careful.values, atol=1e-12)
    np.testing.assert_allclose(found.slopes, careful.slopes, atol=1e-12)
    assert (found.dead == careful.dead).all()


def test_tables_that_do_not_fit_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told the bytes of two tables of a layer, of their copy with the new rows, and of those of the layer below."""

    class Little:
        available = 200_000

    graph, ends = pictured(pool=True), np.random.default_rng(1).normal(size=(2, 81))
    [found] = path_regions(graph, ends)
    monkeypatch.setattr(members, "MODEST", 10_000.0)
    [again] = path_regions(graph, ends)
    assert again.breakpoints.tolist() == found.breakpoints.tolist()
    monkeypatch.setattr(members.psutil, "virtual_memory", Little)
    with pytest.raises(
        ValueError, match=r"need .* GB for one layer, half of the memory that is free is 0\.0 GB"
    ):
        path_regions(graph, ends)
    network = nnexpr.tent(12)
    with pytest.raises(ValueError, match="count a shorter path"):
        nnexpr.linear_regions(network)
    assert nnexpr.linear_regions(nnexpr.tent(4))[0].count == 16


def test_sums_that_cancel_while_they_pass_are_no_bends() -> None:
    """Windows of clamped numbers whose maxima are the upper limit all along: sums of a falling and a rising number of
    which rounding leaves 1e-16, passed on beside the next comparisons. The outputs are constant.
    """
    x = Draft().input((1, 4, 4))
    weights = np.array([[1.0, -1.0, 3.0], [-3.0, 2.0, -3.0], [-1.0, 3.0, 3.0]])[None, None]
    h = convolved(x, weights, -np.ones(1), stride=(1, 1), padding=(1, 1, 1, 1), dilation=(1, 1))
    h = pooled_max(clamped(h, -1.0, 2.0), Windows((2, 2), (1, 1), (0, 0, 0, 0), (1, 1)))
    readout = [
        [-2, 0, 3, 1, 3, 0, 1, 2, -3],
        [-1, 3, -3, 2, 0, 3, -1, 0, 3],
        [-2, 2, -1, 3, -2, -1, 2, 0, -2],
    ]
    graph = x.draft.graph(contracted(flat(h), np.array(readout, dtype=float).T, 1))
    a = [-3, -2, 3, 4, 3, 3, -2, 5, 0, 4, 2, 5, -4, 1, 3, 5]
    b = [3, -5, 3, -1, -4, 0, -5, -2, -3, 2, 0, 2, -3, -5, 0, 1]
    [found] = path_regions(graph, [a, b])
    assert found.count == exact_line(graph, a, b).linear_regions == 1
    assert found.check.merged > 0
