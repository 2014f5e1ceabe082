"""Decompositions as identities, the maps ψ against clipping, and networks put together against their parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from adding import random_adding
from hypothesis import given, settings
from hypothesis import strategies as st

import nnexpr
from nnexpr import InputError
from nnexpr.kinds import AffineLayer
from nnexpr.linear.solvers import least_squares
from nnexpr.networks.network import Network
from nnexpr.theory.decomposition import Division, stretched_bump, waves_in_turn

X = np.linspace(-1, 1, 4001)
EPS = np.finfo(float).eps


def wavy(x: np.ndarray) -> np.ndarray:
    return np.sin(7 * x) + x**2


def test_example_1_is_what_the_talk_prints() -> None:
    found = stretched_bump()
    inner = np.select([X <= -0.1, X <= 0.1], [(X - 8) / 9, 9 * X], (X + 8) / 9)
    outer = np.exp(-(np.select([X <= -0.9, X <= 0.9], [10 * (9 * X + 8), 10 * X / 9], 10 * (9 * X - 8)) ** 2))
    assert np.allclose(found.inner(X), inner, rtol=0, atol=4 * EPS)
    assert np.allclose(found.outer(X), outer, rtol=0, atol=200 * EPS)
    assert np.array_equal(found.whole(X), np.exp(-((10 * X) ** 2)))


@pytest.mark.parametrize("n", [1, 3, 8])
def test_example_2_waves_on_one_half_each(n: int) -> None:
    found = waves_in_turn(n)
    left, right = X[X < 0], X[X >= 0]
    assert np.array_equal(found.inner(right), right)
    assert np.array_equal(found.outer(left), left)
    assert np.allclose(found.inner(left), (np.cos(2 * n * np.pi * left) - 1) / 2, rtol=0, atol=4 * EPS)
    assert np.array_equal(found.inner(left), found.whole(left))
    assert np.array_equal(found.outer(right), found.whole(right))


@pytest.mark.parametrize("found", [stretched_bump(), stretched_bump(0.3, 0.5), waves_in_turn(3)])
def test_a_composition_is_the_whole(found) -> None:
    assert np.abs(found.outer(found.inner(X)) - found.whole(X)).max() < 1e-14


@st.composite
def divisions(draw: st.DrawFn) -> Division:
    lengths = draw(st.lists(st.floats(0.05, 1), min_size=1, max_size=9))
    ends = np.concatenate([[0.0], np.cumsum(lengths)])
    images = [(a := draw(st.floats(-3, 3)), a + draw(st.floats(0.1, 4))) for _ in lengths]
    return Division(wavy, -1 + 2 * ends / ends[-1], draw(st.sampled_from([None, np.array(images)])))


@settings(max_examples=50, deadline=None)
@given(divisions())
def test_the_pieces_together_are_the_function(division: Division) -> None:
    assert np.abs(division.rebuilt(X) - wavy(X)).max() < 1e-12


@settings(max_examples=50, deadline=None)
@given(divisions())
def test_psi_takes_each_piece_to_its_interval_and_the_rest_to_its_ends(division: Division) -> None:
    inside = np.clip(X[:, None], division.breaks[:-1], division.breaks[1:])
    a, b = division.intervals.T
    expected = a + (inside - division.breaks[:-1]) / np.diff(division.breaks) * (b - a)
    assert np.abs(division.inner(X)[0] - expected).max() < 1e-12
    for piece in range(division.pieces):
        ends = division.back(piece).to_own(division.intervals[piece])
        assert np.allclose(ends, division.breaks[piece : piece + 2], rtol=0, atol=1e-14)


def test_splines_of_the_pieces_are_one_spline_and_its_bends_are_counted() -> None:
    """Hats that meet f at their knots: the network is f's interpolant at all knots of all pieces."""
    division, knots = Division(wavy, np.array([-1.0, -0.6, 0.1, 1.0])), np.linspace(-1, 1, 6)
    parts = [
        least_squares(knots, division.target(piece, 6).values, knots, basis="relu").to_network()
        for piece in range(3)
    ]
    stacked = Network(parts[0].layers, torch.cat([part.parameters for part in parts]))
    whole = division.network(stacked)
    own = np.unique(np.concatenate([division.back(piece).to_own(knots) for piece in range(3)]).round(14))
    assert len(own) == 16
    assert np.abs(whole(X)[0, :, 0] - np.interp(X, own, wavy(own))).max() < 1e-13
    [lines] = nnexpr.linear_regions(whole)
    assert lines.count == 15
    assert np.allclose(lines.breakpoints, own[1:-1])


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_any_networks_are_put_together(depth: int) -> None:
    division = Division(
        wavy, np.array([-1.0, 0.0, 0.3, 0.5, 1.0]), np.array([[0, 1], [-1, 1], [2, 3], [0, 4.0]])
    )
    parts = nnexpr.mlp(depth, 5, "tanh", members=4, seed=3, dtype="float64")
    stretched = division.inner(X)[0]
    expected = (
        sum(parts.member(i)(stretched[:, i])[0, :, 0] for i in range(4)) - wavy(division.breaks[1:-1]).sum()
    )
    whole = division.network(parts)
    assert np.allclose(whole(X)[0, :, 0], expected, rtol=0, atol=1e-13)
    assert [layer.trained for layer in whole.layers] == [False, False, *[True] * depth]
    assert whole.domain == ((-1.0, 1.0),)


def test_the_target_of_a_piece_is_in_the_functions_own_units() -> None:
    division = Division(wavy, np.array([-1.0, 0.2, 1.0]), np.array([[0.0, 1.0], [-2.0, 2.0]]))
    goal = division.target(1, 9, ends=4)
    assert np.allclose(goal.own_domain, (0.2, 1.0))
    own, times = np.unique(goal.own_inputs[:, 0].round(12), return_counts=True)
    assert np.allclose(own, np.linspace(0.2, 1, 9))
    assert times.tolist() == [4, *[1] * 7, 4]
    assert np.allclose(goal.values, wavy(goal.own_inputs[:, 0]))
    assert division.target(0, 9).points == 9


@pytest.mark.parametrize(
    ("breaks", "images", "what"),
    [
        ([0.0], None, "breaks"),
        ([0.0, 0.0, 1.0], None, "breaks"),
        ([[0.0, 1.0]], None, "breaks"),
        ([0.0, 1.0], [[1.0, 1.0]], "images"),
        ([0.0, 1.0, 2.0], [[0.0, 1.0]], "images"),
    ],
)
def test_what_is_no_division_is_refused(breaks: list, images: list | None, what: str) -> None:
    with pytest.raises(InputError) as raised:
        Division(wavy, np.array(breaks), None if images is None else np.array(images))
    assert raised.value.option == what


def test_pieces_whose_layers_add_what_others_gave() -> None:
    layers = (
        AffineLayer(1, 1, "relu", adds=1), AffineLayer(1, 3, "tanh"), AffineLayer(3, 3, "relu", adds=1),
        AffineLayer(3, 1),
    )  # fmt: skip
    pieces, division = random_adding(layers, members=2), Division(wavy, np.array([-1.0, 0.2, 1.0]))
    stretched = division.inner(X)[0]
    expected = sum(pieces.member(i)(stretched[:, i])[0] for i in range(2)) - division.constant
    assert np.allclose(division.network(pieces)(X)[0], expected, rtol=0, atol=1e-12)
    last = random_adding((AffineLayer(1, 1, "relu"), AffineLayer(1, 1, adds=1)), members=2)
    with pytest.raises(ValueError, match="it adds nothing of another's"):
        division.network(last)


@pytest.mark.parametrize(
    "pieces",
    [nnexpr.mlp(2, 3, members=3), nnexpr.mlp(2, 3, members=2, inputs=2), nnexpr.mlp(2, 3, members=2, outputs=2),
     nnexpr.mlp(2, 3, members=2, encoding_bands=2)],
)  # fmt: skip
def test_networks_that_are_no_pieces_are_refused(pieces: Network) -> None:
    with pytest.raises(ValueError, match="is not a member of one input and one output for each of 2 pieces"):
        Division(wavy, np.array([-1.0, 0.0, 1.0])).network(pieces)
