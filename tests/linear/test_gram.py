"""Gram matrices of every basis: closed forms against exact rationals, SciPy's quadrature and mpmath."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad

from nnexpr.linear.bases.base import FixedBasis
from nnexpr.linear.bases.relu import PowerOfRelu
from nnexpr.linear.basis import BASES
from nnexpr.linear.quadrature import gauss_gram

DOMAIN = (-1.5, 2.0)
KNOTS = np.array([-1.5, -0.875, -0.5, 0.25, 0.375, 1.5, 2.0])


def made(name: str, **options: float) -> FixedBasis:
    return BASES[name].on(KNOTS, DOMAIN, **options)


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("options", [{}, {"power": 2, "scale": 3.0}, {"power": 4, "scale": 40.0}])
def test_every_closed_form_is_scipys_quadrature_of_the_units(name, options):
    basis = made(name, **options)
    gram, error = basis.gram()
    assert error == 0
    np.testing.assert_array_equal(gram, gram.T)

    def product(x, i, j):
        row = basis.units(np.array([x]))[0]
        return row[i] * row[j]

    for i in range(len(gram)):
        for j in range(i, len(gram)):
            expected = quad(product, *DOMAIN, args=(i, j), points=KNOTS[1:-1], epsabs=1e-13, limit=400)[0]
            assert gram[i, j] == pytest.approx(expected, rel=1e-10, abs=1e-11)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_powers_of_relus_in_exact_rationals(power):
    """∫ (x − b)^p (x − b′)^p from the later knot on, by the binomial theorem over whole powers of x."""
    gram = made("relu", power=power).gram()[0]
    right, knots = Fraction(2), [Fraction(float(knot)) for knot in KNOTS[:-1]]
    assert gram.shape == (len(knots),) * 2  # none for the right end, where it would vanish
    for i, a in enumerate(knots):
        for j, b in enumerate(knots):
            terms = (
                comb(power, r) * comb(power, s) * (-a) ** (power - r) * (-b) ** (power - s)
                * (right ** (r + s + 1) - max(a, b) ** (r + s + 1)) / (r + s + 1)
                for r in range(power + 1) for s in range(power + 1)
            )  # fmt: skip
            assert gram[i, j] == pytest.approx(float(sum(terms)), rel=4e-15)


def test_the_relu_kernel_is_the_talks():
    b = np.linspace(-1, 1, 41)[:-1]
    x, y = b[:, None], b[None, :]
    talk = np.abs(x - y) ** 3 / 12 + (2 - x - y) * (2 * (1 - x) * (1 - y) - (x - y) ** 2) / 12
    np.testing.assert_allclose(BASES["relu"].on(b, (-1, 1)).gram()[0], talk, atol=2e-15)


@pytest.mark.parametrize("apart", [0.0, 1e-13, 1e-10, 1e-8, 1e-5, 1e-2, 1.0, 3.5])
@pytest.mark.parametrize("scale", [0.1, 10.0, 150.0])
def test_tanh_units_however_close_lose_no_digit(apart, scale):
    knots = np.array([-1.5, -1.5 + apart])
    gram = BASES["tanh"].on(knots, DOMAIN, scale=scale).gram()[0]
    s = 2 * mpmath.mpf(scale) / mpmath.mpf(3.5)
    with mpmath.workdps(60):
        first, second = (mpmath.mpf(float(knot)) for knot in knots)
        if first == second:
            ends = [mpmath.tanh(s * (end - first)) for end in DOMAIN]
            expected = 3.5 - (ends[1] - ends[0]) / s
        else:
            logs = [mpmath.log(mpmath.cosh(s * (e - first)) / mpmath.cosh(s * (e - second))) for e in DOMAIN]
            expected = 3.5 - (logs[1] - logs[0]) / (s * mpmath.tanh(s * (second - first)))
    assert gram[0, 1] == pytest.approx(float(expected), abs=4e-15)


def test_gaussians_against_mpmath():
    gram = made("gaussian", scale=10.0).gram()[0]
    s = 20 / mpmath.mpf(3.5)
    for i, j in ((0, 0), (1, 2), (0, 6), (3, 4)):
        a, b = (mpmath.mpf(float(KNOTS[at])) for at in (i, j))
        middle = (a + b) / 2
        expected = mpmath.quad(
            lambda x, a=a, b=b: mpmath.exp(-(s**2) * ((x - a) ** 2 + (x - b) ** 2)),
            sorted({-1.5, middle, min(middle + 1, 2), max(middle - 1, -1.5), 2}),
        )
        assert gram[i, j] == pytest.approx(float(expected), rel=1e-12, abs=1e-30)


def test_quadrature_is_exact_where_it_says_so_and_its_estimate_bounds_its_error():
    panels = np.array([0.0, 0.25, 1.0])

    def powers(x):
        return x[:, None] ** np.arange(6)

    degree = np.add.outer(np.arange(6), np.arange(6))
    found, error = gauss_gram(powers, panels)
    np.testing.assert_allclose(found, 1 / (degree + 1), rtol=1e-13)
    assert error < 1e-14
    rough, error = gauss_gram(lambda x: np.cos(8 * x)[:, None], panels)
    truth = 0.5 + np.sin(16) / 32
    assert abs(rough[0, 0] - truth) <= error
    assert 1e-12 < error < 1e-3


def test_a_basis_that_knows_no_closed_form_is_integrated():
    class Halved(PowerOfRelu):
        def gram(self):
            return FixedBasis.gram(self)

    plain, halved = PowerOfRelu(KNOTS, DOMAIN, 2), Halved(KNOTS, DOMAIN, 2)
    found, error = halved.gram()
    np.testing.assert_allclose(found, plain.gram()[0], rtol=1e-13)
    assert error < 1e-11
