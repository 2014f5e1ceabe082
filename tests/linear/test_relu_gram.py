"""The O(n) Gram matrix of ReLUs and its inverse, against exact rationals, the dense matrix and the cantilever."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.linear.basis import BASES
from nnexpr.linear.continuous import cantilever, relu_kernel
from nnexpr.linear.relu_gram import ReluGram


def dense(knots, right):
    return BASES["relu"].on(knots, (float(knots[0]), right)).gram()[0]


@given(st.integers(1, 40), st.integers(0, 2**32))
@settings(deadline=None, max_examples=40, database=None)
def test_applied_it_is_the_dense_matrix_and_solved_its_inverse(n, seed):
    rng = np.random.default_rng(seed)
    knots, right = np.cumsum(rng.uniform(0.1, 1, n)), 1.0
    knots *= 0.9 / knots[-1]
    gram, matrix = ReluGram(knots, right), dense(knots, right)
    x = rng.normal(size=n)
    np.testing.assert_allclose(gram.apply(x), matrix @ x, atol=1e-13 * np.abs(matrix).sum())
    np.testing.assert_allclose(gram.coefficients(gram.values(x)), x, atol=1e-10)
    back = gram.solve(matrix @ x)
    residual = np.abs(matrix @ back - matrix @ x).max()
    assert residual < 1e-10 * np.abs(matrix).max() * np.abs(x).max()


def test_the_inverse_loses_nothing_to_a_condition_of_ten_to_the_eighteen():
    """A cluster of knots 2^-20 apart: G solved in exact rationals by Gaussian elimination."""
    knots = np.array([-1, -1 + 2**-20, -1 + 2**-19, 0, 0.5])
    gram = ReluGram(knots, 1.0)
    exact = [[Fraction(0)] * 5 for _ in range(5)]
    places = [Fraction(float(knot)) for knot in knots]
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            u, d = 1 - max(a, b), abs(a - b)
            exact[i][j] = u**3 / 3 + d * u**2 / 2
    right = [Fraction(k) for k in (1, -2, 3, 1, 2)]
    expected = [float(value) for value in _solved(exact, right)]
    found = gram.solve(np.array([1.0, -2, 3, 1, 2]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    with mpmath.workdps(60):
        values = mpmath.eigsy(
            mpmath.matrix([[mpmath.mpf(v.numerator) / v.denominator for v in row] for row in exact])
        )[0]
        smallest = min(values)
    assert gram.smallest == pytest.approx(float(smallest), rel=1e-9)
    assert float(max(values)) / gram.smallest > 1e18


def _solved(matrix, right):
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at in range(len(rows)):
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(len(rows)):
            if other != at:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[-1] for row in rows]


def test_one_knot():
    assert ReluGram(np.array([0.25]), 1.0).smallest == pytest.approx(0.75**3 / 3, rel=1e-14)


def test_lanczos_finds_the_modes_of_the_dense_matrix():
    knots = -1 + (np.arange(400) + 0.5) / 200
    gram, matrix = ReluGram(knots, 1.0), dense(knots, 1.0)
    values, vectors = gram.leading(100)
    expected = np.linalg.eigvalsh(matrix)[::-1]
    np.testing.assert_allclose(values[:20], expected[:20], rtol=1e-10)
    np.testing.assert_allclose(values, expected[:100], atol=1e-15 * len(knots))
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(100), atol=1e-9)
    for value, vector in list(zip(values, vectors.T, strict=True))[:10]:
        np.testing.assert_allclose(gram.apply(vector), value * vector, atol=1e-12)
    assert gram.smallest == pytest.approx(expected[-1], rel=1e-3)


def test_eigenvalues_approach_the_cantilevers_at_second_order():
    """h² times the same number for all, mode by mode: the errors of 2n knots are a quarter of those of n."""
    errors = []
    for n in (2000, 4000):
        knots = -1 + (np.arange(n) + 0.5) * 2 / n
        errors.append(ReluGram(knots, 1.0).leading(30)[0] * 2 / n / cantilever(30) - 1)
    np.testing.assert_allclose(errors[0] / errors[1], 4, rtol=0.02)
    assert np.abs(errors[1]).max() < 1e-5


def test_the_cantilever_by_its_characteristic_equation():
    found = cantilever(400, length=1.0)
    for k in (1, 2, 3, 10, 40):
        with mpmath.workdps(60):
            start = (k - mpmath.mpf(1) / 2) * mpmath.pi
            beta = mpmath.findroot(lambda b: mpmath.cos(b) + 1 / mpmath.cosh(b), start)
        assert found[k - 1] == pytest.approx(float(beta**-4), rel=1e-14)
    assert found[399] == pytest.approx((399.5 * np.pi) ** -4, rel=1e-14)
    np.testing.assert_allclose(cantilever(4), [1.29425, 0.0329544, 0.00420329, 0.00109460], rtol=5e-6)
    np.testing.assert_allclose(cantilever(9, length=3.0), cantilever(9) * 1.5**4, rtol=1e-14)


def test_the_kernel_of_any_power_in_legendre_polynomials():
    np.testing.assert_allclose(relu_kernel(1, 150), cantilever(150), rtol=1e-12)
    k = np.arange(1, 31)
    np.testing.assert_allclose(relu_kernel(0, 30), ((k - 0.5) * np.pi / 2) ** -2.0, rtol=1e-13)
    np.testing.assert_allclose(relu_kernel(2, 5, length=3.0), relu_kernel(2, 5) * 1.5**6, rtol=1e-13)
    for power, decay in ((1, -4), (2, -6), (3, -8)):
        found = relu_kernel(power, 160)
        assert np.log2(found[159] / found[79]) == pytest.approx(decay, abs=0.05)


@pytest.mark.parametrize("power", [2, 3])
def test_gram_matrices_of_powers_approach_their_kernel(power):
    n = 600
    knots = -1 + (np.arange(n) + 0.5) * 2 / n
    gram = BASES["relu"].on(knots, (-1.0, 1.0), power=power).gram()[0]
    values = np.linalg.eigvalsh(gram)[::-1] * 2 / n
    np.testing.assert_allclose(values[:6], relu_kernel(power, 6), rtol=1e-3)
