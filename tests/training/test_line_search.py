"""Line searches by their trials: minimisers of cubics, kept away from the ends, and steps that are too short."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nnexpr.training.line_search import LineSearch

Line = Callable[[float], tuple[float, float]]


def cubic(slope: float, square: float, cube: float) -> Line:
    """phi(a) = slope a + square a² / 2 + cube a³ / 3, and phi'."""

    def phi(a: float) -> tuple[float, float]:
        return slope * a + square * a**2 / 2 + cube * a**3 / 3, slope + square * a + cube * a**2

    return phi


def trials(phi: Line, count: int, first: float = 1.0) -> tuple[LineSearch, list[float]]:
    """The search of one member after so many trials at most, and all trials; the next one, if any, is the last."""
    search, seen = LineSearch(1), [first]
    value, slope = phi(0.0)
    search.begin(np.array([True]), np.array([value]), np.array([slope]), np.array([first]))
    while search.searching and len(seen) <= count:
        value, slope = phi(seen[-1])
        search.advance(np.array([value]), np.array([slope]))
        seen.append(float(search.step[0]))
    return search, seen


@pytest.mark.parametrize("least", [0.15, 0.3, 0.45])
def test_after_a_step_too_long_the_next_is_where_a_parabola_or_cubic_is_least(least: float) -> None:
    for cube in (0.0, 2.0, -0.1):
        phi = cubic(-1.0, 1 / least - cube * least, cube)
        search, seen = trials(phi, 2)
        assert seen[1] == pytest.approx(least, rel=1e-12)
        assert not search.searching
        assert search.low[0] == seen[1]


def test_it_stays_a_tenth_of_the_interval_away_from_the_best_step() -> None:
    _, seen = trials(cubic(-1.0, 100.0, 0.0), 1)
    assert seen[1] == pytest.approx(0.1)


def test_a_step_too_short_goes_on_to_where_the_cubic_is_least_two_to_ten_times_as_far() -> None:
    # phi'(a) = -1 - a / 2 + 0.3 a² is 0 at 2.84; -1 - a + a² at 1.618; and a parabola whose end is far away.
    for square, cube, expected in (
        (-0.5, 0.3, (0.5 + 1.45**0.5) / 0.6),
        (-1.0, 1.0, 2.0),
        (1 / 80, 0.0, 10.0),
    ):
        search, seen = trials(cubic(-1.0, square, cube), 1)
        assert seen[1] == pytest.approx(expected, rel=1e-12)
        assert search.searching
        assert search.low[0] == 1.0
    # A cubic that falls for ever has no least place: twice as far.
    assert trials(cubic(-1.0, -1.0, -1.0), 1)[1][1] == 2.0


def test_a_trial_that_is_not_finite_leaves_a_tenth() -> None:
    def wall(a: float) -> tuple[float, float]:
        return (np.nan, np.nan) if a > 0.05 else cubic(-1.0, 25.0, 0.0)(a)

    search, seen = trials(wall, 9)
    assert seen[:3] == pytest.approx([1.0, 0.1, 0.01])
    assert search.low[0] == seen[2]


@pytest.mark.parametrize(("slope", "is_taken"), [(-0.89, True), (-0.91, False), (0.89, True), (0.91, False)])
def test_the_slope_that_ends_a_search_is_nine_tenths_of_the_first(slope: float, is_taken: bool) -> None:
    search, _ = trials(lambda a: (-a / 2, slope if a else -1.0), 1)
    assert search.searching != is_taken


@pytest.mark.parametrize(("value", "is_enough"), [(-1.01e-4, True), (-0.99e-4, False)])
def test_a_decrease_is_enough_from_a_ten_thousandth_of_what_the_slope_promises(
    value: float, is_enough: bool
) -> None:
    search, _ = trials(lambda a: (value if a else 0.0, 0.0 if a else -1.0), 1)
    assert search.searching != is_enough


def test_a_kink_ends_with_the_best_step_or_with_none() -> None:
    """|a - 0.3| has slopes of 1 everywhere; |a| rises from the start."""
    search, seen = trials(lambda a: (abs(a - 0.3), np.copysign(1.0, a - 0.3)), 99)
    assert len(seen) <= 14
    assert search.low[0] == pytest.approx(0.3, abs=0.1)
    assert not search.failed[0]
    risen, seen = trials(lambda a: (a, 1.0 if a else -1.0), 99)
    assert risen.failed[0]
    assert risen.low[0] == 0.0
    assert len(seen) <= 14
    assert seen[-1] == 0.0


def test_members_that_do_not_search_keep_what_they_have() -> None:
    search = LineSearch(2)
    search.begin(np.array([True, False]), np.zeros(2), -np.ones(2), np.ones(2))
    assert search.step.tolist() == [1.0, 0.0]
    assert search.wanted.tolist() == [True, False]
    taken = search.advance(np.array([-0.5, np.nan]), np.zeros(2))
    assert taken.tolist() == [True, False]
    assert search.low.tolist() == [1.0, 0.0]
    assert not search.searching
    assert search.step.tolist() == [0.0, 0.0]
    search.begin(np.array([False, True]), np.zeros(2), -np.ones(2), np.full(2, 0.25))
    assert search.step.tolist() == [0.0, 0.25]
    assert search.low.tolist() == [1.0, 0.0]


def test_a_step_no_better_than_the_best_is_too_long() -> None:
    """From 1, where it still falls as steeply, to where it is as high again and level: the least lies between."""
    points = {0.0: (0.0, -1.0), 1.0: (-1.0, -1.0)}
    search, seen = trials(lambda a: points.get(a, (-1.0, 0.0)), 2)
    assert search.low[0] == 1.0
    assert search.searching
    assert 1.0 < seen[2] < seen[1]
