"""VC bounds: their order, their growth, and a case that is exact."""

from __future__ import annotations

from itertools import product
from math import log2

import numpy as np
import pytest
from scipy.optimize import linprog

from nnexpr.theory.cost import parameter_count
from nnexpr.theory.vc import lower_bound, shatters, vc_bounds

SHAPES = [[1, 3, 1], [2, 8, 8, 1], [8, *[16] * 9, 1], [8, *[64] * 30, 1], [784, 300, 100, 1]]


@pytest.mark.parametrize("widths", SHAPES)
def test_upper_bounds_are_above_what_is_reached_and_in_order(widths: list[int]) -> None:
    bounds = vc_bounds(widths)
    assert bounds.parameters == parameter_count(widths)
    assert bounds.reachable <= bounds.growth <= bounds.bartlett <= bounds.anthony


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
