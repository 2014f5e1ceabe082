"""The source's Table 1 for arctan(25x) on [-1, 1], 10,000 evenly spaced samples: the FEM rows, in both bases."""

import numpy as np
import pytest

from nnexpr.experiments.numerics.arctan_table import _ridged
from nnexpr.linear.factored import FactoredDesign
from nnexpr.linear.solvers import least_squares
from nnexpr.specification import InputError


def target(x):
    return np.arctan(25 * x)


def adaptive(n):
    """F(b_i) = (i − 1)/(n − 1) for f = arctan(25x), in closed form: f at the knots is evenly spaced."""
    knots = np.tan(np.linspace(-np.arctan(25), np.arctan(25), n)) / 25
    knots[[0, -1]] = -1, 1
    return knots


ROWS = [  # knots, samples, printed maximum, printed mean square
    (np.linspace(-1, 1, 100), 10_000, 1.37e-2, 1.70e-6),
    (np.linspace(-1, 1, 1000), 10_000, 1.05e-4, 1.33e-10),
    (adaptive(100), 10_000, 2.92e-3, 9.95e-7),
    (adaptive(1000), 20_001, 3.77e-5, 1.02e-10),
]


@pytest.mark.parametrize(("knots", "samples", "maximum", "mean_square"), ROWS)
@pytest.mark.parametrize("basis", ["hat", "relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fem_rows(knots, samples, maximum, mean_square, basis, dtype):
    x = np.linspace(-1, 1, samples)
    fit = least_squares(x, target(x), knots, basis=basis, dtype=dtype)
    assert fit.max_error == pytest.approx(maximum, rel=0.02)
    assert fit.mse == pytest.approx(mean_square, rel=0.02)
    assert fit.rank == len(knots)


def test_empty_elements_of_the_adaptive_thousand_cost_nothing():
    """At 10,000 samples 120 directions are left open; the fit stays that of the table."""
    x = np.linspace(-1, 1, 10_000)
    fit = least_squares(x, target(x), adaptive(1000))
    assert fit.rank < 1000
    assert fit.mse == pytest.approx(1.02e-10, rel=0.02)


def test_the_relu_basis_loses_nothing_by_qr_and_much_by_its_gram_matrix_in_single_precision():
    x, knots = np.linspace(-1, 1, 10_000), np.linspace(-1, 1, 100)
    double = least_squares(x, target(x), knots, basis="relu", solver="qr")
    assert (double.max_error, double.mse) == (
        pytest.approx(1.37e-2, rel=0.02),
        pytest.approx(1.70e-6, rel=0.02),
    )
    assert double.condition == pytest.approx(2.0e4, rel=0.02)
    single = least_squares(x, target(x), knots, basis="relu", solver="qr", dtype="float32")
    assert single.mse == pytest.approx(1.70e-6, rel=0.02)
    gram = least_squares(x, target(x), knots, basis="relu", solver="gram", dtype="float32")
    assert gram.mse > 10 * single.mse
    assert gram.rank < 50


def test_a_hundred_thousand_knots_converge_at_the_fourth_order_of_the_mean_square():
    """mse → Σ h⁵ f″² /720: from 10³ to 10⁵ knots it falls by 10⁸, so no digit is lost on the way."""
    x = np.linspace(-1, 1, 400_000)
    coarse, fine = (least_squares(x, target(x), np.linspace(-1, 1, n + 1)).mse for n in (1000, 100_000))
    second = -2 * 25**3 * x / (1 + 625 * x**2) ** 2
    limit = 0.002**4 * np.mean(second**2) / 720
    assert coarse == pytest.approx(limit, rel=0.02)
    assert fine == pytest.approx(1e-8 * limit, rel=0.3)  # four samples an element see a little less


def test_normal_equations_take_the_least_power_of_ten_that_they_need():
    x, knots = np.linspace(-1, 1, 1000), np.linspace(-1, 1, 200)
    design = FactoredDesign(x, target(x), knots, basis="relu", dtype="float32")
    fit = _ridged(design, 1e-7)
    assert np.log10(fit.ridge) == pytest.approx(round(np.log10(fit.ridge)), abs=1e-9)
    assert 1e-7 < fit.ridge < 1
    with pytest.raises(InputError, match="not positive definite"):
        design.fit("normal", ridge=fit.ridge / 10)
