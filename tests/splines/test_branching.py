"""The enclosure of the floor: lines, boxes and joints each against exhaustive search or LAPACK."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from nnexpr.splines.floor import spline_floor
from nnexpr.splines.floor.boxes import Branching, Line
from nnexpr.splines.floor.joined import Pattern, _neighbours, improved, joined
from nnexpr.splines.floor.lines import line_through, lines_of


def fitted(x, y, weights):
    """The least-squares line, by LAPACK: error, value at the weighted mean, slope."""
    root, middle = np.sqrt(weights), np.average(x, weights=weights)
    matrix = np.stack([root, root * (x - middle)], axis=1)
    value, slope = np.linalg.lstsq(matrix, root * y)[0]
    return float(np.sum((matrix @ [value, slope] - root * y) ** 2)), value, slope


def rough(count, seed):
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.uniform(0, 1, count)), rng.normal(size=count)
    return (x - x[0]) / (x[-1] - x[0]), (y - y.mean()) / y.std(), rng.integers(1, 4, count).astype(float)


def test_the_line_of_every_run():
    x, y, weights = rough(14, 0)
    lines = lines_of(x, y, weights)
    for i, j in itertools.combinations(range(14), 2):
        run = slice(i, j + 1)
        error, value, slope = fitted(x[run], y[run], weights[run])
        assert lines.error[i, j] == pytest.approx(error, abs=1e-12)
        assert lines.y[i, j] == pytest.approx(value, abs=1e-12)
        assert lines.slope[i, j] == pytest.approx(slope, rel=1e-9)


def test_small_errors_keep_their_digits():
    """A residual of 1e-9 on a steep line, alternating +−−+: the error is 4e-18 times a quarter of the samples."""
    x, ripple = np.linspace(0, 1, 40), 1e-9 * np.tile([1, -1, -1, 1], 10)
    found = lines_of(x, 1000 * x + ripple, np.ones(40)).error[0, -1]
    assert found == pytest.approx(fitted(x, ripple, np.ones(40))[0], rel=1e-3)


@given(st.integers(0, 2**32), st.integers(1, 6))
@settings(deadline=None, max_examples=60, database=None)
def test_the_best_line_through_two_boxes(seed, count):
    """Against every line through a point of each box, on a grid; and the line returned has the error that is said."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 1, count)) if count > 1 else np.array([0.5])
    y, weights = rng.normal(size=count), rng.integers(1, 4, count).astype(float)
    before = np.array([-0.5, x[0], *np.sort(rng.normal(size=2))])
    after = np.array([x[-1], 1.5, *np.sort(rng.normal(size=2))])
    if rng.random() < 0.3:
        after[2:] = -np.inf, np.inf
    error, value, slope = line_through(lines_of(x, y, weights), 0, count - 1, before, after)
    middle = np.average(x, weights=weights)
    assert np.sum(weights * (value + slope * (x - middle) - y) ** 2) == pytest.approx(error, abs=1e-9)
    for box in (before, after):
        at = value + slope * (box[:2] - middle)
        assert at.min() <= box[3] + 1e-9
        assert at.max() >= box[2] - 1e-9
    high = np.where(np.isfinite(after[2:]), after[2:], (-9.0, 9.0))
    u, v, p, q = (a.ravel() for a in np.meshgrid(
        np.linspace(*before[:2], 9), np.linspace(*before[2:], 9), np.linspace(*after[:2], 9), np.linspace(*high, 41)
    ))  # fmt: skip
    u, v, p, q = (a[p > u] for a in (u, v, p, q))
    lines = v[:, None] + ((q - v) / (p - u))[:, None] * (x - u[:, None])
    assert error <= ((lines - y) ** 2 @ weights).min() + 1e-9


@pytest.mark.parametrize("pieces", range(2, 6))
def test_with_one_box_a_gap_the_bound_is_that_of_separate_lines(pieces):
    x, y, weights = rough(9, pieces)
    totals = [
        sum(
            fitted(x[a:b], y[a:b], weights[a:b])[0] if b > a + 1 else 0.0
            for a, b in itertools.pairwise((0, *cut, 9))
        )
        for cut in itertools.combinations(range(1, 9), pieces - 1)
    ]
    branching = Branching(x, lines_of(x, y, weights), pieces)
    branching.run(0.0)
    assert branching.bound == pytest.approx(min(totals), rel=1e-6, abs=1e-12)
    assert branching.bound <= min(totals) + 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_lines_that_join_against_a_general_solver(seed):
    x, y, weights = rough(12, seed)
    lines = lines_of(x, y, weights)
    pattern = Pattern((4, 9), tuple(np.random.default_rng(seed).choice([-1, 1], 2).tolist()))
    found = joined(x, lines, pattern)

    def error(z):
        return sum(
            np.sum(weights[run] * (z[2 * k] + z[2 * k + 1] * x[run] - y[run]) ** 2)
            for k, run in enumerate((slice(0, 4), slice(4, 9), slice(9, 12)))
        )

    def sides(z):
        left = [(z[0] - z[2], z[1] - z[3]), (z[2] - z[4], z[3] - z[5])]
        return [
            side * sign * (a + b * at)
            for (a, b), cut, sign in zip(left, pattern.cuts, pattern.signs, strict=True)
            for at, side in ((x[cut - 1], 1), (x[cut], -1))
        ]

    best = min(
        minimize(
            error, start, method="SLSQP", constraints={"type": "ineq", "fun": sides},
            options={"maxiter": 500, "ftol": 1e-14},
        ).fun
        for start in (np.zeros(6), np.stack([found.intercepts, found.slopes], axis=1).ravel())
    )  # fmt: skip
    assert found.error == pytest.approx(best, rel=1e-6)
    knots = found.knots(x)
    assert (np.diff(knots) >= 0).all()
    np.testing.assert_allclose(found.distances(knots[1:-1]), 0, atol=1e-6)


def test_seven_samples_with_two_pieces():
    """The optimum has its knot at 4.94; a local one at 1.06 is as good to four digits."""
    floor = spline_floor(np.arange(7.0), [-2, 0, 0, 1, 1, 2, 1], 2)
    assert floor.certified
    assert floor.mse == pytest.approx(0.15714285714, rel=1e-9)


@given(st.integers(0, 2**32), st.integers(5, 9), st.integers(2, 4))
@settings(deadline=None, max_examples=25, database=None)
def test_the_enclosure_holds_the_best_of_all_patterns(seed, count, pieces):
    """Every cut with every sign, jumps included: the least of them is the optimum."""
    x, y, weights = rough(count, seed)
    lines = lines_of(x, y, weights)
    patterns = [
        Pattern(cuts, signs)
        for runs in range(1, pieces + 1)
        for cuts in itertools.combinations(range(1, count), runs - 1)
        for signs in itertools.product((1, -1, 0), repeat=runs - 1)
    ]
    found = [joined(x, lines, pattern) for pattern in patterns if pattern.cuts and pattern.pieces <= pieces]
    best = min(spline.error for spline in found if spline is not None)
    branching = Branching(x, lines, pieces)
    branching.run(2e7)
    assert branching.bound <= best + 1e-10
    assert branching.best.error >= best - 1e-10
    if branching.certified:
        assert branching.best.error == pytest.approx(best, rel=1e-5, abs=1e-10)


def test_the_bound_of_many_samples_is_below_any_spline_found():
    rng = np.random.default_rng(0)
    x = np.linspace(0, 1, 3000)
    y = np.sin(7 * x) + 0.2 * rng.normal(size=3000)
    floor = spline_floor(x, y, 6)
    assert 0.8 * floor.mse < floor.lower_bound < floor.mse


def test_where_a_line_lies_inside_a_box():
    """From which x to which, and between which values; flat lines, whose inverse is none, among them."""
    x, y, weights = rough(6, 0)
    branching = Branching(x, lines_of(x, y, weights), 2)
    branching._boxes[2] = 0.0, 1.0, 0.25, 0.5
    for line, expected in (
        (Line(0.3, 0.0, 0.7), (0.0, 1.0, 0.3, 0.3)),
        (Line(0.0, 1.0, 0.0), (0.25, 0.5, 0.25, 0.5)),
        (Line(1.0, -2.0, 0.0), (0.25, 0.375, 0.25, 0.5)),
        (Line(0.3, 0.1, 0.5), (0.0, 1.0, 0.25, 0.35)),
        (Line(0.45, 0.1, 0.0), (0.0, 0.5, 0.45, 0.5)),
    ):
        assert branching._reach(2, line) == pytest.approx(expected)
    branching._boxes[2, 2:] = -np.inf, np.inf
    assert branching._reach(2, Line(3.0, -2.0, 0.0)) == pytest.approx((0.0, 1.0, 1.0, 3.0))


@pytest.mark.parametrize("jumps", [1, 2])
def test_a_jump_is_a_piece_without_samples(jumps):
    """So a step function is met by two pieces a jump and one more, and no bound lies above."""
    y = np.repeat(np.arange(jumps + 1.0) ** 2, 3)
    x, weights = np.linspace(0, 1, len(y)), np.ones(len(y))
    branching = Branching(x, lines_of(x, y, weights), 2 * jumps + 1)
    branching.run(2e7)
    assert branching.bound == pytest.approx(0.0, abs=1e-12)
    assert branching.best.error == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("high", [1.0, 1e-9, np.inf])
def test_a_box_is_cut_inside(high):
    """Wherever two lines pass through it that do not meet there: what covers the strip still does."""
    x, y, weights = rough(6, 0)
    branching, rng, columns = Branching(x, lines_of(x, y, weights), 2), np.random.default_rng(0), set()
    low = -np.inf if high == np.inf else 0.0
    for begin, end in [(0.5, 0.75), (0.3, 0.3 + 1e-8)] * 400:
        branching._boxes[2] = begin, end, low, high
        at, inner = rng.uniform(begin, end, 2), rng.uniform(0.0, min(high, 1.0), 2)
        left, right = map(Line, inner, rng.normal(size=2) * 10.0 ** rng.integers(-2, 9, 2), at)
        if not branching._cross(2, left, right):
            column, place = branching._parted(2, left, right)
            assert branching._boxes[2, column - 1] < place < branching._boxes[2, column]
            columns.add(column)
    assert columns == {1, 3}


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=40, database=None)
def test_neighbours_are_other_patterns_with_as_many_runs_of_samples(seed):
    rng = np.random.default_rng(seed)
    x, y, weights = rough(8, seed)
    cuts = tuple(np.sort(rng.choice(np.arange(1, 8), 3, replace=False)).tolist())
    pattern = Pattern(cuts, tuple(rng.choice([-1, 0, 1], 3).tolist()))
    for near in _neighbours(x, joined(x, lines_of(x, y, weights), pattern)):
        assert near != pattern
        assert len(near.cuts) == len(near.signs) == 3
        assert 0 < near.cuts[0] < near.cuts[1] < near.cuts[2] < 8
        assert np.abs(np.subtract(near.cuts, cuts)).sum() <= 1
        turned = [place for place in range(3) if near.signs[place] != pattern.signs[place]]
        assert len(turned) <= 1
        assert all(near.signs[place] == -pattern.signs[place] != 0 for place in turned)


def test_what_is_improved_is_not_worse_than_its_neighbours():
    """Until none of them is better; from some starts there is a better one."""
    gains = []
    for seed in range(8):
        x, y, weights = rough(10, seed)
        lines = lines_of(x, y, weights)
        start = joined(x, lines, Pattern((3, 5, 7), (1, -1, 1)))
        best = improved(x, lines, start, set())
        near = [joined(x, lines, pattern) for pattern in _neighbours(x, best)]
        assert all(one is None or one.error > best.error * (1 - 1e-9) for one in near)
        gains.append(start.error - best.error)
    assert min(gains) >= 0 < max(gains)
