"""Where the search for a floor begins: knots that share a density, halved elements, groups of samples."""

import numpy as np
import pytest

from nnexpr.splines.floor.free_knots import Samples, fit_values
from nnexpr.splines.floor.joined import Pattern, joined
from nnexpr.splines.floor.lines import lines_of
from nnexpr.splines.floor.search import _equidistributed, _grouped, _with_more


def of(x, y):
    return Samples(x, y, np.ones(len(x)))


@pytest.mark.parametrize(("power", "pieces"), [(2, 7), (3, 5), (4, 8)])
def test_knots_share_the_asymptotically_best_density(power, pieces):
    """Of x^p on [0, 1], |f″|^{2/5} ~ x^{2 (p − 2) / 5}, so knots lie at (i / N)^{5 / (2 p + 1)}."""
    x = np.linspace(0, 1, 2001)
    knots = _equidistributed(of(x, x**power), pieces)
    assert knots[[0, -1]].tolist() == [0, 1]
    np.testing.assert_allclose(knots, (np.arange(pieces + 1) / pieces) ** (5 / (2 * power + 1)), atol=0.01)


def test_uneven_samples_give_the_same_knots_and_a_straight_line_even_ones():
    x = np.sort(np.concatenate([np.linspace(0, 1, 2001), np.linspace(0, 0.1, 1998)[1:-1]]))
    even = _equidistributed(of(x[::2], x[::2] ** 3), 5)
    np.testing.assert_allclose(even, _equidistributed(of(x, x**3), 5), atol=0.02)
    line = np.linspace(0, 1, 65)
    np.testing.assert_allclose(_equidistributed(of(line, 2 * line), 4), np.arange(5) / 4, atol=0.02)


def test_a_straight_stretch_keeps_a_few_knots():
    """A thousandth of the mean density: where a curve is on one half only, the other has no more than that."""
    x = np.linspace(0, 1, 4001)
    knots = _equidistributed(of(x, np.maximum(x - 0.5, 0) ** 2), 4000)
    assert np.count_nonzero(knots < 0.45) == pytest.approx(4000 * 0.45e-3 / 1.001, abs=1.1)


def test_missing_knots_halve_the_longest_elements():
    np.testing.assert_allclose(_with_more(np.array([0.0, 0.2, 1.0]), 2), [0, 0.2, 1])
    np.testing.assert_allclose(_with_more(np.array([0.0, 0.2, 1.0]), 3), [0, 0.2, 0.6, 1])
    np.testing.assert_allclose(_with_more(np.array([0.0, 1.0]), 8), np.arange(9) / 8)


def test_groups_are_neighbours_with_their_weighted_means():
    rng = np.random.default_rng(0)
    whole = Samples(np.sort(rng.random(1500)), rng.normal(size=1500), rng.uniform(0.5, 2, 1500))
    assert _grouped(whole, 1500) is whole
    few = _grouped(whole, 1000)
    assert len(few.x) == 1000
    assert (np.diff(few.x) > 0).all()
    assert few.weights.sum() == pytest.approx(whole.weights.sum())
    for part in ("x", "y"):
        mean = few.weights @ getattr(few, part)
        assert mean == pytest.approx(whole.weights @ getattr(whole, part), rel=1e-12)
    starts = np.searchsorted(whole.x, few.x)  # means lie within their groups, of one or two samples
    assert np.diff(starts).max() <= 2


@pytest.mark.parametrize("signs", [(0, 1), (1, 0), (0, 0), (-1, 0)])
def test_a_spline_with_jumps_is_one_on_its_knots(signs):
    """Its error is that of its lines on their runs, and the best spline on its knots has no larger one."""
    rng = np.random.default_rng(5)
    x, y = np.linspace(0, 1, 15), rng.normal(size=15)
    pattern = Pattern((5, 10), signs)
    found = joined(x, lines_of(x, y, np.ones(15)), pattern)
    knots = found.knots(x)
    assert len(knots) == pattern.pieces + 1
    assert (np.diff(knots) > 0).all()
    run = np.repeat([0, 1, 2], 5)
    fitted = found.intercepts[run] + found.slopes[run] * x
    assert np.sum((fitted - y) ** 2) == pytest.approx(found.error, rel=1e-9)
    best = fit_values(of(x, y), knots)
    assert best.error <= found.error * (1 + 1e-9)
    for cut, sign in zip(pattern.cuts, signs, strict=True):
        inside = np.count_nonzero((knots >= x[cut - 1]) & (knots <= x[cut]))
        assert inside == (2 if sign == 0 else 1)
