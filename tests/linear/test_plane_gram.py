"""ReLU ridges on the square: their Gram matrix against exact rationals, quadrature and symmetry; lines by measure."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from nnexpr.linear.bases.ridges import ReluRidges, spread_lines
from nnexpr.specification import InputError

SQUARE = ((-1.0, 1.0), (-1.0, 1.0))


@pytest.mark.parametrize("power", [1, 2, 3])
def test_against_quadrature_that_knows_nothing_of_polygons(power):
    """Gauss–Legendre on the whole square, good to about N⁻²⁻ᵖ across a bend: N = 400."""
    ridges = ReluRidges(spread_lines(25, SQUARE, np.random.default_rng(3)), SQUARE, power)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    units = ridges.units(np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2))
    expected = units.T @ (np.outer(weights, weights).reshape(-1, 1) * units)
    np.testing.assert_allclose(ridges.gram()[0], expected, atol=30 * 400.0 ** (-2 - power))


def test_lines_along_the_axes_in_exact_rationals():
    """σ(x − a) σ(y − b), σ(x − a) σ(x − b) and σ(x − a) σ(b − x) integrate to products of powers."""
    a, b = Fraction(-1, 4), Fraction(3, 8)
    lines = np.array([[1, 0, float(a)], [0, 1, float(b)], [1, 0, float(b)], [-1, 0, -float(b)]])
    gram = ReluRidges(lines, SQUARE).gram()[0]
    u, d = 1 - b, b - a
    expected = {
        (0, 0): 2 * (1 - a) ** 3 / 3,
        (0, 1): (1 - a) ** 2 / 2 * (1 - b) ** 2 / 2,
        (0, 2): 2 * (u**3 / 3 + d * u**2 / 2),
        (0, 3): 2 * d**3 / 6,
        (2, 3): 0,
    }
    for (i, j), value in expected.items():
        assert gram[i, j] == gram[j, i] == pytest.approx(float(value), rel=1e-14, abs=1e-16)


def test_polygons_add_up_to_the_square():
    """w·x − b = σ(w·x − b) − σ(b − w·x), whose square integrates over the whole square to 4/3 + 4b²."""
    lines = spread_lines(30, SQUARE, np.random.default_rng(1))
    both = np.concatenate([lines, -lines])
    gram = ReluRidges(both, SQUARE).gram()[0]
    here, there = np.arange(30), np.arange(30, 60)
    whole = gram[here, here] + gram[there, there] - 2 * gram[here, there]
    np.testing.assert_allclose(whole, 4 / 3 + 4 * lines[:, 2] ** 2, rtol=1e-13)
    # Of two lines all four products of the sides together: ∫ (w·x − b)(w′·x − b′) = 4/3 w·w′ + 4 b b′.
    w, offset = lines[:, :2], lines[:, 2]
    mixed = gram[:30, :30] - gram[:30, 30:] - gram[30:, :30] + gram[30:, 30:]
    np.testing.assert_allclose(mixed, 4 / 3 * w @ w.T + 4 * np.outer(offset, offset), atol=1e-13)


@pytest.mark.parametrize("power", [1, 2])
def test_a_quarter_turn_and_a_mirror_change_nothing(power):
    lines = spread_lines(12, SQUARE, np.random.default_rng(2))
    gram = ReluRidges(lines, SQUARE, power).gram()[0]
    turned = np.column_stack([-lines[:, 1], lines[:, 0], lines[:, 2]])
    mirrored = lines * [-1, 1, 1]
    for moved in (turned, mirrored):
        np.testing.assert_allclose(ReluRidges(moved, SQUARE, power).gram()[0], gram, rtol=1e-12, atol=1e-15)


def test_lines_through_corners_and_along_edges():
    root = np.sqrt(0.5)
    lines = np.array([[1, 0, -1.0], [1, 0, 1.0], [root, root, 0.0], [root, root, 2 * root], [0, -1, 1.0]])
    gram = ReluRidges(lines, SQUARE).gram()[0]
    assert gram[0, 0] == pytest.approx(2 * 8 / 3, rel=1e-14)  # x + 1 on the whole square
    assert gram[2, 2] == pytest.approx(2 / 3, rel=1e-14)  # half of ∫ (w·x)² = 4/3
    assert gram[0, 2] == pytest.approx(0.5 * root * 4 / 3 + _mean(root), rel=1e-12)
    np.testing.assert_allclose(gram[[1, 3, 4]], 0, atol=1e-15)


def _mean(root):
    """∫ σ(root (x + y)) over the square: x + y has the density of a triangle on [−2, 2], four in all."""
    return root * 4 / 3


def test_lines_are_spread_by_the_measure_of_those_that_meet_the_square():
    """The share of lines that meet a disc of radius r is its measure 4πr over 16 (Crofton)."""
    for lines in (spread_lines(20_000, SQUARE), spread_lines(20_000, SQUARE, np.random.default_rng(0))):
        np.testing.assert_allclose(np.hypot(*lines[:, :2].T), 1, rtol=1e-14)
        assert (np.abs(lines[:, 2]) <= np.abs(lines[:, :2]).sum(axis=1)).all()
        for radius in (0.25, 0.5, 1.0):
            share = (np.abs(lines[:, 2]) < radius).mean()
            assert share == pytest.approx(4 * np.pi * radius / 16, abs=0.012)
    assert spread_lines(1, SQUARE).shape == (1, 3)
    with pytest.raises(InputError, match="at least 1"):
        spread_lines(0, SQUARE)
