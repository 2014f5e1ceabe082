"""VC bounds: their order, their growth, and a case that is exact."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise, product
from math import ceil, log, log2

import numpy as np
import pytest
from scipy.optimize import linprog

from nnexpr.theory.cost import parameter_count
from nnexpr.theory.vc import lower_bound, shatters, vc_bounds

E = Fraction(271828182845904523536, 10**20)  # to 1e-20
SHAPES = [[1, 3, 1], [2, 8, 8, 1], [8, *[16] * 9, 1], [8, *[64] * 30, 1], [784, 300, 100, 1]]


@pytest.mark.parametrize("widths", SHAPES)
def test_upper_bounds_are_above_what_is_reached_and_in_order(widths: list[int]) -> None:
    bounds = vc_bounds(widths)
    assert bounds.parameters == parameter_count(widths)
    assert bounds.reachable <= bounds.growth <= bounds.bartlett <= bounds.anthony


def test_bounds_are_those_of_the_sources_term_by_term() -> None:
    """1 → 3 → 1: 10 parameters, of them 6 up to the first layer, and 2 layers of 3 and 1 units; one and two kinks."""
    for p in (1, 2):
        bounds = vc_bounds([1, 3, 1], p)
        assert (bounds.parameters, bounds.layers, bounds.units) == (10, 2, 4)
        r = 1 * 3 + 2 * 1
        share = 2 + 1.6 * 10 * log2(4 * float(E) * p * r * log2(2 * float(E) * p * r))
        assert bounds.bartlett == pytest.approx(share, rel=1e-14)
        anthony = 2 * 10 * 2 * log2(4 * 10 * 2 * (p + 1) * 4 / log(2)) + 2 * 10 * 2**2 + 2 * 2
        assert bounds.anthony == pytest.approx(anthony, rel=1e-14)
        assert bounds.threshold == pytest.approx(2 * 10 * log2(2 * 4 / log(2)), rel=1e-14)


def test_at_fixed_depth_everything_is_parameters_times_a_logarithm() -> None:
    every = [vc_bounds([8, *[width] * 9, 1]) for width in (32, 128, 512, 2048)]
    for values in ([b.growth for b in every], [b.reachable for b in every]):
        ratios = [value / (b.parameters * log2(b.parameters)) for value, b in zip(values, every, strict=True)]
        assert max(ratios) < 2 * min(ratios)


def test_what_is_reached_grows_with_depth_at_equal_parameters() -> None:
    reached = [lower_bound(100_000, layers) for layers in (7, 8, 13, 33, 103)]
    assert reached[0] == 0 < reached[1]
    assert np.all(np.diff(reached) > 0)


@pytest.mark.parametrize(("units", "expected"), [(1, False), (2, False), (3, True), (4, True), (5, True)])
def test_shattering_is_what_linear_programs_find(units: int, expected: bool) -> None:
    """Every labelling, every choice of directions: y f >= 1 at all points, solved for the output weights."""
    points = np.arange(units + 2.0)
    knots = points[1:-1]

    def met(labels: tuple[float, ...]) -> bool:
        for signs in product((1.0, -1.0), repeat=units):
            features = np.maximum(np.array(signs) * (points[:, None] - knots), 0.0)
            matrix = np.column_stack([features, np.ones(len(points))]) * np.array(labels)[:, None]
            found = linprog(np.zeros(units + 1), -matrix, -np.ones(len(points)), bounds=(None, None))
            if found.status == 0:
                return True
        return False

    assert all(map(met, product((1.0, -1.0), repeat=units + 2))) == shatters(units) == expected


@pytest.mark.parametrize("widths", [[1, 3, 1], [2, 5, 4, 1], [3, 8, 8, 8, 1]])
def test_the_growth_bound_is_the_last_number_of_points_with_enough_sign_patterns(widths: list[int]) -> None:
    """Π_i 2 (2 e m i k_i / W_i)^{W_i} against 2^m, term by term, in exact rational powers of a bound on e."""
    sizes = [above * (below + 1) for below, above in pairwise(widths)]
    up_to = list(accumulate(sizes))

    def enough(m: int) -> bool:
        patterns = Fraction(1)
        for layer, (units, total) in enumerate(zip(widths[1:], up_to, strict=True), 1):
            patterns *= 2 * (2 * E * m * layer * units / total) ** total
        return patterns >= 2**m

    growth = vc_bounds(widths).growth
    assert growth >= sum(up_to)  # from there on the inequality of the theorem is one about sign patterns
    assert enough(growth)
    assert not enough(growth + 1)


@pytest.mark.parametrize(("parameters", "layers"), [(200, 8), (1000, 8), (3000, 13), (3000, 23)])
def test_the_reached_bound_is_the_best_over_all_bit_extraction_networks(parameters: int, layers: int) -> None:
    best = 0
    for r in range(1, 9):
        for m in range(1, 60):
            blocks = ceil(m / r)
            n = parameters - 2 - 4 * m - blocks * ((11 + r) * 2**r + 2 * r + 2)
            if n >= 1 and 3 + 5 * blocks <= layers:
                best = max(best, m * n)
    assert lower_bound(parameters, layers) == best


def test_one_threshold_unit_has_one_dimension_more_than_inputs_and_stays_below_its_bound() -> None:
    for inputs in (1, 5, 100):
        assert inputs + 1 <= vc_bounds([inputs, 1]).threshold
