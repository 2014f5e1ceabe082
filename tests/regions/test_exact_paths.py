"""Paths counted with bounds and, where these do not tell, in whole numbers: bounds hold, and nothing depends on how."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from test_random_graphs import KINDS, Drawn
from test_rounding import network
from torch import nn

from nnexpr import from_torch, linear_regions, path_decisions, path_regions
from nnexpr.regions.exact import path
from nnexpr.regions.exact.bounded import Bounded, Product, added, between, shares, times
from nnexpr.regions.exact.line import Along, along
from nnexpr.regions.steps import steps_of

ENOUGH = 1 << 22


def exact(numbers: np.ndarray) -> np.ndarray:
    return np.vectorize(Fraction, otypes=[object])(numbers.astype(object))


def assert_within(found: Bounded, told: np.ndarray) -> None:
    assert (np.abs(exact(found.values) - told) <= exact(found.errors)).all()


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of many sizes, a third of them zero."""
    return rng.normal(size=shape) * 10.0 ** rng.integers(-9, 10, shape) * (rng.random(shape) < 0.67)


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_what_is_made_of_numbers_is_within_its_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, bias = drawn(rng, 4, 5), drawn(rng, 6)
    below = Bounded(values, np.abs(drawn(rng, 4, 5)) * 1e-9)
    true = exact(values) + exact(below.errors) * rng.integers(-1, 2, (4, 5))
    matrix = drawn(rng, 5, 6) * (rng.random((5, 6)) < rng.choice([0.3, 1.0]))
    made = Product(sparse.csr_array(matrix)).of(below, bias)
    assert_within(made, true @ exact(matrix) + exact(bias))
    off = (values == 0.0) & (below.errors == 0.0)
    dark = (off[:, :, None] | (matrix == 0.0)).all(axis=1)
    assert (made.errors[dark] == 0.0).all()
    assert_within(
        added([below, below, Bounded(bias[:5] + 0 * values, 0 * values)]), 2 * true + exact(bias[:5])
    )
    gains, shifts = rng.choice([0.0, 1.0, -0.3], (2, 4, 5))
    assert_within(times(below, gains, shifts), true * exact(gains) + exact(shifts))


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_what_lies_between_two_places_is_within_its_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = [
        Bounded(values, 0.4 * np.abs(values) * 10.0 ** -rng.integers(0, 15)) for values in drawn(rng, 2, 9, 1)
    ]
    low, high = (
        each._replace(values=sign * np.abs(each.values) + sign * 1e-9)
        for each, sign in zip(ends, (-1, 1), strict=True)
    )
    left, right = (
        exact(each.values) + exact(each.errors) * rng.integers(-1, 2, (9, 1)) for each in (low, high)
    )
    at = shares(*(Bounded(*(part[:, 0] for part in each)) for each in (low, high)))
    values = drawn(rng, 4, 3)
    others, cells = Bounded(values, np.abs(values) * 1e-12), np.sort(rng.integers(0, 3, 9))
    true = exact(values) + exact(others.errors) * rng.integers(-1, 2, (4, 3))
    share = left / (left - right)
    assert_within(Bounded(at.right[:, None], at.errors[:, None]), share)
    found = between(others, cells, at)
    assert_within(found, true[cells] + share * (true[cells + 1] - true[cells]))
    assert (found.errors[(values[cells] == 0.0) & (values[cells + 1] == 0.0)] == 0.0).all()


def counted(seed: int, kind: str) -> Along:
    made = Drawn(seed, kind)
    graph = made.graph()
    ends = np.stack([made.point(graph) for _ in range(4)])
    ends += 0.125 * np.arange(4)[:, None]
    return along(*steps_of(graph), ends, ENOUGH, compared=True)


def assert_same(one: Along, other: Along) -> None:
    assert one[:4] == other[:4]
    assert np.array_equal(one.largest, other.largest)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_depends_on_the_strips_nor_on_what_bounds_tell(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for seed in range(400, 406):
        usual = counted(seed, kind)
        with monkeypatch.context() as changed:
            changed.setattr(path, "ROWS", 2)
            assert_same(counted(seed, kind), usual)
        with monkeypatch.context() as changed:
            changed.setattr(path, "SURE", 1e300)  # every sign is asked for in whole numbers
            assert_same(counted(seed, kind), usual)


def test_a_vertex_more_changes_no_count() -> None:
    """Dyadic points and a middle that is one: its place is on the segment to the bit."""
    for seed in range(500, 508):
        made = Drawn(seed, "whole")
        graph = made.graph()
        a, b = made.point(graph), made.point(graph) + 0.5
        whole = along(*steps_of(graph), np.stack([a, b]), ENOUGH)
        halves = along(*steps_of(graph), np.stack([a, (a + b) / 2, b]), ENOUGH)
        assert sum(halves.births) + (1 in halves.turned) == sum(whole.births)
        assert (0 in halves.turned) == (0 in whole.turned)


class TestImages:
    """Grey levels beside a black background: units that see nothing, comparisons of equal numbers, bends that a
    maximum hides.
    """

    @staticmethod
    def images() -> np.ndarray:
        rng = np.random.default_rng(3)
        made = np.zeros((2, 14, 14))
        made[0, 3:9, 4:10], made[1, 5:12, 2:8] = (
            rng.integers(0, 256, (2, 6, 6))[0],
            rng.integers(0, 256, (7, 6)),
        )
        return made.reshape(2, -1) / 255.0

    @staticmethod
    def network(pool: nn.Module) -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.ReLU(), pool, nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)
        )

    @pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.AvgPool2d(2)])
    def test_are_counted_with_a_certificate(self, pool: nn.Module) -> None:
        graph = from_torch(self.network(pool), input_shape=(1, 14, 14))
        [found] = path_regions(graph, self.images())
        assert found.check.certified
        assert found.check.merged == 0 or found.check.exact
        exact = along(*steps_of(graph), self.images(), ENOUGH)
        assert exact.bends == [found.bends]
        [decided] = path_decisions(graph, self.images())
        assert decided.check.certified


def test_a_thousand_units_that_meet_in_pairs_are_settled() -> None:
    """Kinks at k / 512 and units that pass through zero there twice: slopes of 1, and of 1 less 1."""
    places = np.arange(512) / 512.0
    units = np.concatenate(
        [np.stack([np.ones(512), -places], 1), np.stack([-3 * np.ones(512), 3 * places], 1)]
    )
    last = np.concatenate([np.where(np.arange(512) % 2, 3.0, 1.0), np.ones(512), [0.0]])
    [found] = linear_regions(network(units, [last]))
    # 3 relu(t) + relu(-3 t) bends at t = 0 by 6; relu(t) + relu(-3 t) by 4.
    assert (found.count, found.activation_regions) == (512, 512)
    assert found.check.ties > 0
    assert (found.check.exact, found.check.certified) == (True, True)
