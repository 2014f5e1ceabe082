"""The enclosure of the floor against rational arithmetic: every way to place junctions between and at few samples.

A best spline is made of blocks of samples. Within a block neighbouring lines meet at samples, so its values are those
of least squares on hats; between blocks two lines either cross inside the gap, which costs one junction, or a piece
without samples joins them, which costs two. Blocks do not know of each other, so fractions tell each one's error.
"""

import itertools
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.splines.floor import search, spline_floor
from nnexpr.splines.floor.boxes import Branching
from nnexpr.splines.floor.exhaustive import exhausted
from nnexpr.splines.floor.lines import lines_of


def solved(matrix, right):
    """The solution of a small symmetric positive definite system, by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, j in itertools.combinations(range(len(rows)), 2):
        factor = rows[j][i] / rows[i][i]
        rows[j] = [below - factor * above for below, above in zip(rows[j], rows[i], strict=True)]
    found = [Fraction(0)] * len(rows)
    for i in reversed(range(len(rows))):
        found[i] = (rows[i][-1] - sum(rows[i][j] * found[j] for j in range(i + 1, len(rows)))) / rows[i][i]
    return found


def block(x, y, knots):
    """The least error of hats on ``knots``, both ends among them, and the values there; all fractions."""
    hats = [
        [
            max(
                Fraction(0),
                min(
                    (at - knots[k - 1]) / (knots[k] - knots[k - 1]) if k else Fraction(1),
                    (knots[k + 1] - at) / (knots[k + 1] - knots[k]) if k < len(knots) - 1 else Fraction(1),
                ),
            )
            for k in range(len(knots))
        ]
        for at in x
    ]
    size = range(len(knots))
    normal = [[sum(row[i] * row[j] for row in hats) for j in size] for i in size]
    values = solved(normal, [sum(row[i] * at for row, at in zip(hats, y, strict=True)) for i in size])
    left = [
        at - sum(h * v for h, v in zip(row, values, strict=True)) for row, at in zip(hats, y, strict=True)
    ]
    return sum(each**2 for each in left), values


def optimum(x, y, pieces):
    """The least squared error of splines with so many pieces, but for those with a line through one sample alone."""
    m = len(x)

    @cache
    def best(first, last, inner):
        """Of samples first…last: error, and the lines (place, value, slope) at both ends, for each choice of knots."""
        found = []
        for cuts in itertools.combinations(range(first + 1, last), inner):
            knots = [x[first], *(x[k] for k in cuts), x[last]]
            error, values = block(x[first : last + 1], y[first : last + 1], knots)
            slopes = [
                (w - v) / (q - p)
                for (p, q), (v, w) in zip(itertools.pairwise(knots), itertools.pairwise(values), strict=True)
            ]
            found.append((error, (knots[0], values[0], slopes[0]), (knots[-1], values[-1], slopes[-1])))
        return found

    def cross(left, right, low, high):
        apart = [
            left[1] + left[2] * (at - left[0]) - right[1] - right[2] * (at - right[0]) for at in (low, high)
        ]
        return apart[0] * apart[1] <= 0

    totals = [np.inf]

    def go_on(first, junctions, error, line):
        for last in range(first + 1, m):
            for inner in range(min(junctions, last - first - 1) + 1):
                for added, begin, end in best(first, last, inner):
                    if line is not None and not cross(line, begin, x[first - 1], x[first]):
                        continue
                    if last == m - 1:
                        totals.append(error + added)
                    if junctions - inner >= 1:
                        go_on(last + 1, junctions - inner - 1, error + added, end)
                    if junctions - inner >= 2:
                        go_on(last + 1, junctions - inner - 2, error + added, None)

    go_on(0, pieces - 1, Fraction(0), None)
    return min(totals)


def exact_error(floor, x, y):
    """The squared error of the spline that is returned, from its floats, exactly."""
    knots, values = ([Fraction(float(each)) for each in part] for part in (floor.knots, floor.values))
    total = Fraction(0)
    for at, value in zip(x, y, strict=True):
        k = max(0, min(sum(knot <= at for knot in knots), len(knots) - 1) - 1)
        slope = (values[k + 1] - values[k]) / (knots[k + 1] - knots[k])
        total += (values[k] + slope * (at - knots[k]) - value) ** 2
    return total


@given(st.integers(0, 2**32), st.integers(5, 8), st.integers(2, 4))
@settings(deadline=None, max_examples=40, database=None)
def test_the_enclosure_holds_the_rational_optimum(seed, count, pieces):
    rng = np.random.default_rng(seed)
    x = [Fraction(int(at)) for at in np.cumsum(rng.integers(1, 4, count))]
    y = [Fraction(int(at)) for at in rng.integers(-3, 4, count)]
    floor = spline_floor(np.array(x, float), np.array(y, float), pieces)
    found = exact_error(floor, x, y)
    best = min(float(optimum(x, y, pieces)), float(found)) / count
    assert floor.mse == pytest.approx(float(found) / count, rel=1e-9, abs=1e-15)
    assert floor.lower_bound <= best * (1 + 1e-9) + 1e-15
    assert floor.mse >= best * (1 - 1e-9)
    assert floor.certified
    assert floor.mse <= best * (1 + 1e-9) + 1e-15


@pytest.mark.parametrize(("count", "pieces"), [(9, 4), (40, 2), (25, 3)])
def test_every_pattern_has_been_tried_or_nothing_is_certain(count, pieces):
    """From far above, the best spline is found; from its own error there is nothing better; halfway it is not said."""
    rng = np.random.default_rng(count)
    x, y = np.arange(float(count)), rng.normal(size=count)
    best = spline_floor(x, y, pieces)
    assert best.certified
    lines, least = lines_of(x, y, np.ones(count)), best.mse * count
    found, certain = exhausted(x, lines, pieces, np.inf, 10**6)
    assert certain
    assert found.error == pytest.approx(least, rel=1e-9)
    assert exhausted(x, lines, pieces, least * (1 - 1e-9), 10**6) == (None, True)
    assert not exhausted(x, lines, pieces, np.inf, 2 ** (pieces - 1))[1]
    assert exhausted(x, lines, pieces, np.inf, 2 ** (pieces - 1) - 1) == (None, False)


WRONG = [(1 - 0.9e-6, True), (1 - 1.1e-6, False), (0.5, False), (1.5, True)]


@pytest.mark.parametrize(("share", "expected"), WRONG)
def test_a_bound_that_is_wrong_on_purpose_is_certified_only_where_it_meets(monkeypatch, share, expected):
    class Wrong(Branching):
        def run(self, work):
            super().run(work)
            self.bound = share * self.least

    monkeypatch.setattr(search, "Branching", Wrong)
    y = np.random.default_rng(0).normal(size=60)
    floor = spline_floor(np.arange(60.0), y, 3, work=1e5)
    assert floor.certified == expected
    assert floor.lower_bound == pytest.approx(
        min(share, 1.0) * floor.mse, rel=1e-6
    )  # the last fit gains so much


@pytest.mark.parametrize(("share", "expected"), WRONG)
def test_of_many_samples_the_bounds_of_their_parts_are_what_counts(monkeypatch, share, expected):
    x = np.linspace(0, 1, 1500)
    y = np.sin(9 * x)
    true = spline_floor(x, y, 3, work=1e5)
    assert not true.certified  # the parts are bounded each for itself
    error = true.mse * len(x) / y.var()
    monkeypatch.setattr(search.FloorSearch, "_bounds", lambda *_: iter([share * error / 4] * 4))
    wrong = spline_floor(x, y, 3, work=1e5)
    assert wrong.certified == expected
    assert wrong.lower_bound == pytest.approx(min(share, 1.0) * true.mse, rel=1e-9)
