"""Exact counting against exact rational arithmetic: floats are rationals, so nothing is left to tolerance."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rational import ExactRegions, exact_regions

from nnexpr.kinds import AffineLayer
from nnexpr.networks.compositional import compositional, tent
from nnexpr.networks.network import Network
from nnexpr.regions.line import LineRegions, linear_regions
from nnexpr.regions.rational import RationalCount, TooManyKinds, rational_count


def network(widths: list[int], activation: str, parameters: np.ndarray, outputs: int = 1) -> Network:
    sizes = [1, *widths, outputs]
    layers = [AffineLayer(a, b, activation) for a, b in itertools.pairwise(sizes)]
    layers[-1] = AffineLayer(sizes[-2], outputs)
    return Network(tuple(layers), torch.as_tensor(parameters))


def size(widths: list[int], outputs: int = 1) -> int:
    sizes = [1, *widths, outputs]
    return sum((a + 1) * b for a, b in itertools.pairwise(sizes))


def agree(found: LineRegions, exact: ExactRegions, resolution: float = 1e-9) -> None:
    assert found.activation_regions == exact.activation_regions
    assert found.count == len(exact.slopes)
    assert found.breakpoints == pytest.approx([float(x) for x in exact.breakpoints], abs=resolution)
    slopes = np.array([[float(s) for s in row] for row in exact.slopes])
    assert found.slopes.reshape(slopes.shape) == pytest.approx(slopes, rel=1e-9, abs=resolution)
    assert list(zip(found.bend_layers, found.bend_units, strict=True)) == exact.bends
    assert list(found.dead_units) == exact.dead_units
    assert found.collapsed == (len(exact.slopes) == 1 and not any(exact.slopes[0]))


SHAPES = [[5], [3, 3, 3], [2, 4, 2, 3], [8, 5], [1, 1, 1, 1]]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "hat", "hardtanh"])
@pytest.mark.parametrize("widths", SHAPES, ids=str)
def test_random_networks_have_the_exact_regions(widths: list[int], activation: str) -> None:
    rng = np.random.default_rng(len(widths))
    many = network(widths, activation, rng.normal(size=(4, size(widths))))
    for member, found in enumerate(linear_regions(many, (-3.0, 3.0))):
        agree(found, exact_regions(many, member, (-3.0, 3.0)))
        assert found.check.ties == 0


def test_several_outputs_bend_where_any_of_them_does() -> None:
    rng = np.random.default_rng(5)
    many = network([4, 3], "relu", rng.normal(size=(5, size([4, 3], 2))), outputs=2)
    for member, found in enumerate(linear_regions(many, (-2.0, 2.0))):
        agree(found, exact_regions(many, member, (-2.0, 2.0)))


whole = st.integers(-3, 3).map(float)


@st.composite
def small_networks(draw: st.DrawFn) -> Network:
    """Small integers as weights: kinks that coincide, units that are duplicates, zero or dead are the rule.

    Leaky ReLU is left out: its slope 0.01 is no dyadic number, so slopes that cancel exactly do so only up to rounding.
    """
    widths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    activation = draw(st.sampled_from(["relu", "hat", "hardtanh"]))
    parameters = draw(st.lists(whole, min_size=size(widths), max_size=size(widths)))
    return network(widths, activation, np.array([parameters]))


@settings(max_examples=200, deadline=None, database=None)
@given(small_networks(), st.sampled_from([(0.0, 1.0), (-2.0, 2.0), (-1.0, 3.0)]))
def test_ties_are_decided_as_in_exact_arithmetic(small: Network, domain: tuple[float, float]) -> None:
    [found] = linear_regions(small, domain)
    exact = exact_regions(small, 0, domain)
    agree(found, exact)
    counted = rational_count(small, domain)
    assert (counted.linear_regions, counted.activation_regions) == (
        len(exact.slopes),
        exact.activation_regions,
    )


@pytest.mark.parametrize("folds", [1, 2, *range(20, 41), 53, 54, 200])
def test_tents_are_counted_exactly_to_any_depth(folds: int) -> None:
    """Every region is 2^-k wide, which float64 tells apart to k = 53."""
    count = rational_count(tent(folds))
    assert count == RationalCount(2**folds, 2**folds, 2, Fraction(1, 2**folds), folds <= 53)


def with_a_half_fold(folds: int) -> Network:
    """The tents, of which the third sees the second at half its height, so that it does not fold."""
    network = tent(folds)
    network.weight(2).div_(2)
    return network


def test_the_count_is_made_from_the_weights() -> None:
    for folds in range(3, 11):
        assert rational_count(with_a_half_fold(folds)).linear_regions == 2 ** (folds - 1)
        assert linear_regions(with_a_half_fold(folds))[0].count == 2 ** (folds - 1)
    assert rational_count(with_a_half_fold(40)).linear_regions == 2**39


def test_float64_ends_at_53_folds() -> None:
    """Evaluation is exact, but each fold takes a binary digit of x away; below 1 a float64 number has 53."""
    x = 1.0 - np.random.default_rng(0).integers(1, 2**52, 1000) * 2.0**-53
    points = torch.from_numpy(x)
    at_53, at_54 = (tent(folds)(points)[0, :, 0] for folds in (53, 54))
    odd = torch.from_numpy((x * 2**53).astype(np.int64) % 2)
    assert torch.equal(at_53, odd.double())
    assert not at_54.any()


def test_kinds_that_explode_are_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(TooManyKinds, match="layer 2 has more than 5 kinds"):
        rational_count(network([4, 4], "relu", rng.normal(size=(1, size([4, 4])))), (-3.0, 3.0), most=5)


def test_float64_weights_of_a_compositional_network_have_slivers() -> None:
    """Counted without tolerance there are more than 2^L; with the tie rule 2^L."""
    network = compositional(7, members=1, seed=1, dtype="float64")
    assert rational_count(network).linear_regions > 2**7
    assert linear_regions(network)[0].count == 2**7
