"""Regions and lengths along polylines, against the line, exact rational arithmetic, dense sampling and symmetry."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import pi, sin

import numpy as np
import pytest
import torch
from rational import exact_regions

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.regions.path import circle, path_regions, trajectory_length
from nnexpr.specification import InputError


def network(sizes: list[int], activation: str = "relu", members: int = 1, seed: int = 0) -> Network:
    """Weights N(0, 2 / inputs), biases N(0, 1), float64."""
    rng = np.random.default_rng(seed)
    layers = [AffineLayer(a, b, activation) for a, b in itertools.pairwise(sizes)]
    layers[-1] = AffineLayer(sizes[-2], sizes[-1])
    scales = np.concatenate([np.tile([*[np.sqrt(2 / a)] * a, 1.0], b) for a, b in itertools.pairwise(sizes)])
    return Network(tuple(layers), torch.from_numpy(scales * rng.normal(size=(members, len(scales)))))


def on_segment(many: Network, start: list[float], end: list[float]) -> Network:
    """The network of one input t in [0, 1] that is the given one at start + t (end - start); exact for dyadic ends."""
    first = many.affine(0)[0]
    low, high = torch.tensor(start, dtype=torch.float64), torch.tensor(end, dtype=torch.float64)
    block = torch.stack([first[:, :-1] @ (high - low), first[:, :-1] @ low + first[:, -1]], dim=1)
    for row, (slope, shift) in zip(first.tolist(), block.tolist(), strict=True):
        terms = list(zip(row[:-1], start, end, strict=True))
        assert Fraction(slope) == sum(Fraction(w) * (Fraction(b) - Fraction(a)) for w, a, b in terms)
        assert Fraction(shift) == sum((Fraction(w) * Fraction(a) for w, a, _ in terms), Fraction(row[-1]))
    layers = (AffineLayer(1, many.layers[0].outputs, many.layers[0].activation), *many.layers[1:])
    return Network(
        layers, torch.cat([block.reshape(1, -1), many.parameters[:1, many.architecture.offsets[1] :]], dim=1)
    )


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hat", "hardtanh"])
def test_a_segment_of_the_line_has_the_lines_regions(activation: str) -> None:
    many = network([1, 9, 9, 1], activation, members=5)
    for along, lines in zip(path_regions(many, [-3.0, 2.0]), linear_regions(many, (-3.0, 2.0)), strict=True):
        assert along.count == along.pieces == lines.count
        assert along.activation_regions == lines.activation_regions
        assert along.points[:, 0] == pytest.approx(lines.breakpoints, abs=1e-13)
        assert along.breakpoints - 3.0 == pytest.approx(lines.breakpoints, abs=1e-13)
        assert along.slopes == pytest.approx(lines.slopes, rel=1e-11, abs=1e-13)
        assert along.bends_by_layer == lines.bends_by_layer
        assert along.dead_units == lines.dead_units
        assert along.check.max_residual is not None
        assert along.check.max_residual < 1e-13


@pytest.mark.parametrize("activation", ["relu", "hat", "hardtanh"])
@pytest.mark.parametrize("seed", range(4))
def test_a_segment_in_the_plane_has_the_exact_regions(activation: str, seed: int) -> None:
    """Weights are rounded to 2^-10, so that the restriction to a segment with dyadic ends is exact in float64."""
    many = network([2, 5, 4, 1], activation, seed=seed)
    many = many.with_parameters(torch.round(many.parameters * 1024) / 1024)
    start, end = [-1.5, 0.25], [1.5, 4.25]  # length 5
    exact = exact_regions(on_segment(many, start, end), 0, (0.0, 1.0))
    [found] = path_regions(many, [start, end])
    assert (found.count, found.activation_regions) == (len(exact.slopes), exact.activation_regions)
    assert found.breakpoints == pytest.approx([5 * float(t) for t in exact.breakpoints], abs=1e-12)
    expected = [[a + float(t) * (b - a) for a, b in zip(start, end, strict=True)] for t in exact.breakpoints]
    assert found.points == pytest.approx(np.array(expected).reshape(-1, 2), abs=1e-12)
    assert found.slopes == pytest.approx([float(s) / 5 for [s] in exact.slopes], abs=1e-12)
    assert list(zip(found.bend_layers, found.bend_units, strict=True)) == exact.bends
    assert list(found.dead_units) == exact.dead_units


def test_the_pieces_are_the_network_along_the_path() -> None:
    many = network([3, 12, 12, 2], members=3)
    corners = np.random.default_rng(1).normal(size=(6, 3))
    for member, found in enumerate(path_regions(many, corners, closed=True)):
        t = np.linspace(0, found.length, 2001)
        x = np.stack([np.interp(t, found.vertex_positions, column) for column in found.vertices.T], axis=1)
        direct = many(torch.from_numpy(x))[member].numpy()
        for output in range(2):
            values = np.interp(t, found.piece_positions, found.values[:, output])
            assert values == pytest.approx(direct[:, output], abs=1e-12)
        assert found.pieces == found.bends + 6 == found.segment_pieces.sum()
        assert np.diff(found.values, axis=0) == pytest.approx(
            found.slopes * np.diff(found.piece_positions)[:, None], abs=1e-12
        )


def test_a_vertex_is_no_bend() -> None:
    """A path with vertices more on its way has the same regions and more pieces."""
    many = network([2, 10, 10, 1], members=10)
    straight = path_regions(many, [[-2.0, -1.0], [2.0, 3.0]])
    stops = np.linspace(0, 1, 6)[:, None] * 4.0 + [-2.0, -1.0]
    for one, six in zip(straight, path_regions(many, stops), strict=True):
        assert (six.count, six.bends, six.activation_regions) == (
            one.count,
            one.bends,
            one.activation_regions,
        )
        assert six.pieces == one.pieces + 4
        assert six.breakpoints == pytest.approx(one.breakpoints, abs=1e-12)
        assert six.turned == ()


def test_a_path_that_turns_back_meets_the_same_bends_again() -> None:
    many = network([2, 10, 10, 1], members=10)
    there = path_regions(many, [[-2.0, -1.0], [2.0, 3.0]])
    for one, both in zip(there, path_regions(many, [[-2.0, -1.0], [2.0, 3.0], [-2.0, -1.0]]), strict=True):
        assert both.bends == 2 * one.bends
        assert both.count == 2 * one.count - 1
        assert both.breakpoints == pytest.approx(
            [*one.breakpoints, *(both.length - one.breakpoints[::-1])], abs=1e-12
        )


def test_a_kink_on_a_vertex_parts_two_regions_only_if_the_path_crosses_it() -> None:
    wall = Network((AffineLayer(2, 1, "relu"), AffineLayer(1, 1)), torch.tensor([[1.0, 0.0, 0.0, 1.0, 0.0]]))
    [across] = path_regions(wall, [[-1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    assert (across.bends, across.turned, across.count, across.activation_regions) == (0, (1,), 2, 2)
    [touching] = path_regions(wall, [[-1.0, 0.0], [0.0, 0.0], [-1.0, 1.0]])
    assert (touching.bends, touching.turned, touching.count) == (0, (), 1)
    [around] = path_regions(wall, [[0.0, 0.0], [1.0, 1.0], [-1.0, 1.0]], closed=True)
    assert (around.bends, around.turned, around.count) == (1, (0,), 2)


@pytest.mark.parametrize("units", [3, 5, 8])
def test_a_circle_crosses_every_line_through_it_twice(units: int) -> None:
    """Units that a rotation by a full turn / n permutes: 2 n bends around, evenly, for any polygon."""
    angles = 2 * pi * np.arange(units) / units + 0.1
    rows = np.stack([np.cos(angles), np.sin(angles), np.full(units, -0.5)], axis=1)
    flat = np.concatenate([rows.ravel(), np.ones(units), [0.0]])
    turning = Network((AffineLayer(2, units, "relu"), AffineLayer(units, 1)), torch.from_numpy(flat)[None])
    for vertices in (3 * units, 7 * units, 100 * units):
        [found] = path_regions(turning, circle((0.0, 0.0), 1.0, vertices), closed=True)
        assert found.count == found.bends == found.activation_regions == 2 * units
        turn = found.breakpoints
        assert turn[2:] - turn[:-2] == pytest.approx(found.length / units, abs=1e-12)
        assert found.length == pytest.approx(2 * vertices * sin(pi / vertices))


def test_trajectories_are_approached_from_below() -> None:
    many = network([2, 16, 16, 3], members=4)
    corners = circle((0.3, 0.1), 2.0, 12)
    exact = trajectory_length(many, corners, closed=True)
    assert exact.shape == (4, 3)
    ring = np.concatenate([corners, corners[:1]])
    gaps = []
    for points in (10, 100, 1000):  # to each segment
        x = np.concatenate([np.linspace(a, b, points, endpoint=False) for a, b in itertools.pairwise(ring)])
        layers = many.layer_values(torch.from_numpy(np.concatenate([x, ring[:1]])))
        sampled = np.stack([np.linalg.norm(np.diff(a.numpy()), axis=1).sum(axis=1) for a in layers], axis=1)
        gaps.append(((exact - sampled) / exact).max())
        assert np.all(sampled <= exact * (1 + 1e-12))
    assert gaps[0] > 5 * gaps[1] > 25 * gaps[2]  # of first order: only cells that a bend lies in are short


def test_lengths_scale_with_the_layer_and_add_along_the_path() -> None:
    many = network([2, 8, 8, 1], members=3)
    corners = np.array([[-1.0, -2.0], [0.5, 1.0], [2.0, 0.0]])
    whole = trajectory_length(many, corners)
    parts = trajectory_length(many, corners[:2]) + trajectory_length(many, corners[1:])
    assert whole == pytest.approx(parts)
    scaled = many.with_parameters(many.parameters.clone())
    scaled.affine(0).mul_(3.0)  # ReLU is homogeneous: the first layer's curve is three times as long
    assert trajectory_length(scaled, corners)[:, 0] == pytest.approx(3 * whole[:, 0])


def test_a_linear_layer_multiplies_a_segments_length_by_its_gain() -> None:
    layers = (AffineLayer(2, 2), AffineLayer(2, 1))
    plain = Network(
        layers, torch.tensor([[0.0, -2.0, 5.0, 2.0, 0.0, 1.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    )
    assert trajectory_length(plain, [[0.0, 0.0], [3.0, 4.0]]) == pytest.approx(np.array([[10.0, 8.0]]))


def test_an_output_that_bends_has_its_length_too() -> None:
    bent = Network((AffineLayer(1, 1, "relu"),), torch.tensor([[2.0, 0.0]]))
    assert trajectory_length(bent, [-1.0, 3.0]).tolist() == [[6.0]]


@pytest.mark.parametrize(
    ("vertices", "message"),
    [
        ([[0.0, 0.0]], "at least 2 points of 2 coordinates"),
        ([0.0, 1.0], "at least 2 points of 2 coordinates"),
        ([[0.0, 0.0], [0.0, float("nan")]], "finite"),
        ([[0.0, 1.0], [0.0, 1.0]], "differ from their neighbours"),
    ],
)
def test_what_is_refused(vertices: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        path_regions(network([2, 3, 1]), vertices)


def test_a_closed_path_does_not_repeat_its_first_vertex() -> None:
    with pytest.raises(InputError, match="differ"):
        path_regions(network([2, 3, 1]), [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], closed=True)
    with pytest.raises(InputError, match="radius"):
        circle((0.0, 0.0), 0.0)
