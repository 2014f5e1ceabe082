"""The floor for N regions: closed forms, exhaustive search, bounds, and the laws any floor obeys."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.specification import InputError
from nnexpr.splines.floor import spline_floor, spline_floors
from nnexpr.splines.floor.boxes import meets


def hat_error(x, y, knots):
    """The mean squared error of the best linear spline on the knots, by LAPACK on the dense matrix."""
    matrix = np.stack([np.interp(x, knots, unit) for unit in np.eye(len(knots))], axis=1)
    return np.mean((matrix @ np.linalg.lstsq(matrix, y)[0] - y) ** 2)


def rough(samples=300, seed=0):
    return np.linspace(0, 1, samples), np.cumsum(np.random.default_rng(seed).normal(size=samples))


@pytest.mark.parametrize("regions", [1, 2, 3, 4, 5, 6, 10, 12, 20])
def test_a_parabola_has_a_closed_form(regions):
    """n even samples a piece at distance d: residual (x − c)² − d²(n² − 1)/12, mean square d⁴(n² − 1)(n² − 4)/180.

    The lines of neighbouring pieces meet half-way between, so separate lines are continuous and the bound is met.
    """
    samples = 480
    x = (np.arange(samples) + 0.5) / samples
    floor = spline_floor(x, x**2, regions)
    n, d = samples // regions, 1 / samples
    assert floor.mse == pytest.approx(d**4 * (n**2 - 1) * (n**2 - 4) / 180, rel=1e-9)
    assert floor.certified
    np.testing.assert_allclose(floor.knots[1:-1], np.arange(1, regions) / regions, atol=1e-6)
    assert floor.mse == pytest.approx((1 / regions) ** 4 / 180, rel=5 / n**2 + 1e-3)  # the continuous optimum


def test_one_region_is_the_regression_line():
    x, y = rough()
    floor = spline_floor(x, y, 1)
    slope, intercept = np.polyfit(x, y, 1)
    np.testing.assert_allclose(floor.values, intercept + slope * np.array([0, 1]), rtol=1e-9)
    assert floor.mse == pytest.approx(np.mean((y - slope * x - intercept) ** 2))
    assert floor.lower_bound == floor.mse


@given(st.integers(2, 9), st.integers(0, 2**32))
@settings(deadline=None, max_examples=25, database=None)
def test_a_function_with_k_pieces_is_found_at_k_and_not_below(pieces, seed):
    rng = np.random.default_rng(seed)
    knots = np.concatenate([[0], np.cumsum(rng.uniform(0.5, 1, pieces))])
    signs = np.where(np.arange(pieces) % 2, 1, -1)
    values = np.concatenate([[0], np.cumsum(signs * rng.uniform(0.5, 1, pieces))])
    x = np.linspace(0, knots[-1], 200)
    y = np.interp(x, knots, values)
    at, below = spline_floor(x, y, pieces), spline_floor(x, y, pieces - 1, work=1e6)
    assert at.mse < 1e-20
    assert at.certified
    np.testing.assert_allclose(at.knots, knots, atol=1e-6)
    np.testing.assert_allclose(at(x), y, atol=1e-9)
    assert below.mse > 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_two_regions_against_every_knot_on_a_grid(seed):
    x, y = rough(120, seed)
    best = min(hat_error(x, y, np.array([0, knot, 1])) for knot in np.linspace(0.001, 0.999, 997))
    floor = spline_floor(x, y, 2)
    assert floor.lower_bound <= floor.mse <= best * (1 + 1e-9)
    assert floor.mse >= best * (1 - 1e-3)  # the grid's own error


@pytest.mark.parametrize("seed", range(3))
def test_three_regions_against_every_pair_of_knots_on_a_grid(seed):
    x, y = rough(60, seed)
    grid = np.linspace(0, 1, 61)[1:-1]
    best = min(hat_error(x, y, np.array([0, *pair, 1])) for pair in itertools.combinations(grid, 2))
    floor = spline_floor(x, y, 3)
    assert floor.lower_bound <= floor.mse <= best * (1 + 1e-9)


@given(st.integers(1, 30), st.integers(0, 2**32))
@settings(deadline=None, max_examples=25, database=None)
def test_no_spline_with_as_many_pieces_lies_below(regions, seed):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-3, 5, 150))
    y = np.sin(x * rng.uniform(0.5, 4)) + rng.uniform(0, 0.3) * rng.normal(size=150)
    floor = spline_floor(x, y, regions, work=5e6)
    for knots in (
        np.linspace(x[0], x[-1], regions + 1),
        np.sort(np.concatenate([x[[0, -1]], rng.uniform(x[0], x[-1], regions - 1)])),
        x[np.linspace(0, 149, regions + 1).astype(int)],
    ):
        error = hat_error(x, y, knots)
        assert floor.lower_bound <= error * (1 + 1e-9)
        assert floor.mse <= error * (1 + 1e-9)
    assert floor.mse == pytest.approx(np.mean((floor(x) - y) ** 2), rel=1e-9, abs=1e-18)


def test_floors_never_rise_with_more_regions_and_come_in_the_order_asked():
    x, y = rough(200, 5)
    floors = spline_floors(x, y, range(1, 24), work=3e6)
    errors = [floor.mse for floor in floors]
    assert all(after <= before for before, after in itertools.pairwise(errors))
    mixed = spline_floors(x, y, [7, 2, 7], work=3e6)
    assert [floor.regions for floor in mixed] == [7, 2, 7]
    assert mixed[0].mse == mixed[2].mse < mixed[1].mse


def test_a_floor_is_never_above_the_spline_it_started_from():
    rng = np.random.default_rng(2)
    x, y = rough(250, 9)
    for regions in (3, 9, 33):
        bends = rng.uniform(0, 1, regions - 1)
        floor = spline_floor(x, y, regions, start=bends, work=1e7)
        assert floor.mse <= hat_error(x, y, np.sort([0, *bends, 1])) * (1 + 1e-9)
    assert (
        spline_floor(x, y, 5, start=[-3.0, 0.5, 8.0]).mse <= spline_floor(x, y, 2).mse
    )  # two lie beyond the samples


def test_a_floor_moves_with_its_samples():
    x, y = rough(150, 4)
    plain = spline_floor(x, y, 6, work=2e7)
    order = np.random.default_rng(0).permutation(150)
    moved = spline_floor((1900 + 40 * x)[order], (1e6 - 3 * y)[order], 6, work=2e7)
    assert moved.mse == pytest.approx(9 * plain.mse, rel=1e-6)
    np.testing.assert_allclose(moved.knots, 1900 + 40 * plain.knots, rtol=1e-6)


def test_repeated_inputs_count_as_often_as_they_occur():
    x, y = rough(50, 6)
    plain, doubled = spline_floor(x, y, 5), spline_floor(np.tile(x, 2), np.concatenate([y + 1, y - 1]), 5)
    assert doubled.mse == pytest.approx(plain.mse + 1, rel=1e-9)  # the spread about the mean stays
    assert plain.lower_bound + 1 <= doubled.mse
    assert doubled.lower_bound <= plain.mse + 1
    assert doubled.lower_bound == pytest.approx(plain.lower_bound + 1, rel=1e-3)


def test_as_many_regions_as_gaps_join_the_samples():
    x, y = rough(12, 3)
    for regions in (11, 12, 1000):
        floor = spline_floor(x, y, regions)
        assert (floor.mse, floor.certified) == (0, True)
        np.testing.assert_allclose(floor(x), y, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "y"),
    [([2.0], [3.0]), ([2.0, 2.0], [3.0, 3.0]), ([2.0, 5.0], [3.0, 7.0]), ([0.0, 1.0, 2.0], [4.0, 4.0, 4.0])],
)
def test_few_or_constant_samples(x, y):
    for regions in (1, 2, 5):
        floor = spline_floor(x, y, regions)
        assert floor.mse == 0
        np.testing.assert_allclose(floor(x), y)


def test_many_samples_are_searched_in_groups_and_fitted_on_all():
    x = (np.arange(6000) + 0.5) / 6000
    floor = spline_floor(x, x**2, 8)
    assert floor.mse == pytest.approx(8.0**-4 / 180, rel=1e-4)
    assert floor.mse * (1 - 1e-3) < floor.lower_bound < floor.mse


def test_certified_means_that_the_bound_is_within_a_millionth():
    """Over searches cut short at different places: some meet, some come within a hundredth and are not certified."""
    x, y = rough(160, 11)
    floors = [
        spline_floor(x, y, regions, work=work) for regions in (4, 8, 12) for work in (1e5, 3e6, 3e7, 3e8)
    ]
    gaps = [1 - floor.lower_bound / floor.mse for floor in floors]
    assert [floor.certified for floor in floors] == [gap <= 1.01e-6 for gap in gaps]
    assert any(gap <= 1e-6 for gap in gaps)
    assert any(1e-5 < gap < 1e-2 for gap in gaps)


def test_an_error_and_its_bound_meet_within_a_millionth_or_rounding():
    assert meets(1.0, 1 - 0.9e-6, 100.0)
    assert not meets(1.0, 1 - 1.1e-6, 100.0)
    assert meets(9e-23, 0.0, 100.0)
    assert not meets(11e-23, 0.0, 100.0)


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e8])
def test_below_rounding_a_floor_is_zero_and_what_is_above_is_kept(scale):
    """A convex curve, met by half as many pieces as points, about a mean of 1000; a ripple of 1e-10 is no rounding."""
    x = np.linspace(0, 1, 512)
    floor = spline_floor(x, scale * (1000 + x**2), 256)
    assert (floor.mse, floor.lower_bound, floor.certified) == (0.0, 0.0, True)
    ripple = 1e-10 * np.tile([1, -1, -1, 1], 128)
    few = spline_floor(x, scale * (1000 + x + ripple), 1)
    assert few.mse == pytest.approx((1e-10 * scale) ** 2, rel=0.01)
    assert few.lower_bound > 0


def test_a_floor_is_constant_beyond_the_samples_where_its_knots_end_also_from_the_best_start():
    x, y = rough(60, 3)
    best = spline_floor(x, y, 4)
    for floor in (best, spline_floor(x, y, 4, start=best.knots[1:-1], work=0.0)):
        assert floor.mse == pytest.approx(best.mse, rel=1e-9)
        assert floor.domain == (0.0, 1.0)
        np.testing.assert_array_equal(floor([-5.0, 40.0]), floor([0.0, 1.0]))


@pytest.mark.parametrize("unit", [1e149, 1e-140])
def test_the_largest_and_the_smallest_units_are_those_of_any_other(unit):
    x, y = rough(20, 8)
    plain, far = spline_floor(x, y, 3), spline_floor(x * unit, y * unit, 3)
    assert far.mse == pytest.approx(plain.mse * unit**2, rel=1e-9)
    np.testing.assert_allclose(far.knots, plain.knots * unit, rtol=1e-6)


@pytest.mark.parametrize("regions", [0, -1, 2.5, True, "3"])
def test_counts_that_are_none(regions):
    with pytest.raises(InputError, match="regions is"):
        spline_floor([0.0, 1.0], [0.0, 1.0], regions)


def test_knots_of_a_start_at_the_ends_or_beyond_are_no_knots():
    x, y = np.linspace(-3, 1, 40), np.sin(np.linspace(0, 6, 40))
    plain = spline_floor(x, y, 2, start=[-1.0], work=0.0)
    for beyond in (-3.0, -3 + 1e-9, 1 - 1e-9, 1.0, 7.0, -8.0):
        again = spline_floor(x, y, 2, start=[-1.0, beyond], work=0.0)
        np.testing.assert_array_equal(again.knots, plain.knots)


def test_samples_and_starts_that_cannot_be_used():
    with pytest.raises(ValueError, match="finite"):
        spline_floor([0.0, np.nan], [0.0, 1.0], 2)
    with pytest.raises(ValueError, match="both must be"):
        spline_floor([], [], 2)
    for x, y in (([0, 1e200], [0, 1]), ([-1e151, 0], [0, 1]), ([0, 1], [0, -1e151]), ([0, 1], [0, 1e151])):
        with pytest.raises(InputError, match=r"at most 1e\+150"):
            spline_floor(x, y, 1)
    with pytest.raises(InputError, match="start is 3 knots"):
        spline_floor(np.arange(9.0), np.arange(9.0), 3, start=[1, 2, 3])
