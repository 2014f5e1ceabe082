"""Round limits, their holding, and ticks: laws, with decimal arithmetic as the oracle."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr_tui.charts.limits import (
    LARGEST,
    LimitKeeper,
    linear_ticks,
    log_ticks,
    snap,
    snap_log,
    usable,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
tame = st.floats(-1e6, 1e6)
exponents = st.floats(-330, 308)
few = settings(max_examples=150, deadline=None, database=None)


def ordered(pair):
    return min(pair), max(pair)


@few
@given(st.tuples(numbers, numbers).map(ordered))
def test_limits_contain_the_data_and_have_a_height(data):
    low, high = snap(*data)
    assert low < high
    tolerance = 1e-8 * (high - low)
    assert low - tolerance <= max(data[0], -LARGEST)
    assert min(data[1], LARGEST) <= high + tolerance


@few
@given(st.tuples(tame, tame).map(ordered))
def test_limits_waste_less_than_half_of_the_height(data):
    low, high = snap(*data)
    if data[1] - data[0] > max(1e-6 * max(map(abs, data)), 1e-290):
        assert high - low <= 2 * (data[1] - data[0])


@few
@given(st.tuples(exponents, exponents).map(ordered))
def test_log_limits_contain_the_data_and_have_a_height(data):
    low, high = snap_log(*data)
    assert low <= data[0] + 1e-8
    assert data[1] - 1e-8 <= high
    assert low < high


@few
@given(st.tuples(tame, tame).map(ordered), st.integers(2, 12))
def test_ticks_are_what_their_labels_say_and_evenly_spaced(data, most):
    limits = snap(*data)
    ticks = linear_ticks(limits, most)
    assert len(ticks) >= 2
    assert all(float(tick.label) == tick.position for tick in ticks)
    gaps = {Decimal(b.label) - Decimal(a.label) for a, b in itertools.pairwise(ticks)}
    assert len(gaps) == 1
    digits = "".join(map(str, gaps.pop().normalize().as_tuple().digits))
    assert digits in ("1", "2", "5")
    tolerance = 1e-8 * (limits[1] - limits[0])
    assert limits[0] - tolerance <= ticks[0].position
    assert ticks[-1].position <= limits[1] + tolerance


@few
@given(st.tuples(exponents, exponents).map(ordered), st.integers(2, 12))
def test_log_ticks_are_the_exponents_of_their_labels(data, most):
    ticks = log_ticks(snap_log(*data), most)
    assert 2 <= len(ticks) <= most + 1
    for tick in ticks:
        assert math.isclose(float(Decimal(tick.label).log10()), tick.position, abs_tol=1e-12)


@few
@given(st.floats(-12, 12), st.floats(1e-3, 1.0), st.integers(2, 12))
def test_an_axis_of_less_than_a_decade_has_two_ticks_in_it(low, width, most):
    limits = (low, low + width)
    ticks = log_ticks(limits, most)
    assert len(ticks) >= 2
    for tick in ticks:
        assert limits[0] - 1e-9 <= tick.position <= limits[1] + 1e-9
        assert math.isclose(float(Decimal(tick.label).log10()), tick.position, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((0, 1), (0, 1)),
        ((0, 0), (-1, 1)),
        ((3, 3), (1.5, 4.5)),
        ((0.013, 0.987), (0, 1)),
        ((-1e308, 1e308), (-1e300, 1e300)),
    ],
)
def test_limits_of_known_data(data, expected):
    assert snap(*data) == expected


@few
@given(st.lists(st.tuples(tame, tame).map(ordered), min_size=1, max_size=8))
def test_held_limits_always_contain_the_data(frames):
    keeper = LimitKeeper()
    for data in frames:
        low, high = keeper.hold("y", *data)
        tolerance = 1e-8 * (high - low)
        assert low - tolerance <= data[0]
        assert data[1] <= high + tolerance


@few
@given(st.tuples(tame, tame).map(ordered), st.floats(0, 0.1), st.floats(0, 0.1))
def test_limits_hold_while_the_data_shrink_a_little(data, below, above):
    keeper = LimitKeeper()
    first = keeper.hold("y", *data)
    span = data[1] - data[0]
    inside = (data[0] + below * span, data[1] - above * span)
    if span > 1e-6 * max(map(abs, data)):
        assert keeper.hold("y", *inside) == first
        assert keeper.hold("y", *data) == first


def test_limits_follow_data_that_have_become_small():
    keeper = LimitKeeper()
    keeper.hold("y", 0, 100)
    assert keeper.hold("y", 0, 90) == (0, 100)
    assert keeper.hold("y", 0, 9) == (0, 10)
    assert keeper.hold("y", 0, 1, log=True) == (0, 1)
    assert keeper.hold("x", 0, 9) == (0, 10)
    keeper.reset()
    assert keeper.hold("y", 0, 5) == (0, 5)


def test_growing_data_change_the_limits_only_now_and_then():
    keeper = LimitKeeper()
    seen = {keeper.hold("x", 0, epoch) for epoch in range(1, 10_001)}
    assert len(seen) < 60


@pytest.mark.parametrize(
    "limits", [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (0.0, 5e-324), (1e9, 1e9 + 1e-7)]
)
def test_limits_an_axis_cannot_have(limits):
    assert not usable(limits)
