"""What the experiments on linear representation measure, against other ways to the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from nnexpr.experiments.numerics import arctan_table, gradient_flow, low_pass
from nnexpr.linear.bases.relu import PowerOfRelu
from nnexpr.linear.spectrum import spectrum


def test_the_flow_is_that_of_the_functions_and_of_a_constant() -> None:
    """Loads and Gram matrix by quadrature: eigenvalues are the same, and loads have the same length in any modes."""
    eigenvalues, ends, formula, solved = gradient_flow.both_ways()
    n = gradient_flow.UNITS
    knots = np.linspace(-1, 1, 2 * n + 1)[1::2]

    def integral(*of: float) -> float:
        return quad(lambda x: np.prod([x - knot for knot in of]), max(of), 1)[0]

    gram = np.array([[integral(a, b) for b in knots] for a in knots])
    load = np.array([integral(a) for a in knots])
    values, vectors = np.linalg.eigh(gram)
    np.testing.assert_allclose(eigenvalues, values[::-1], atol=1e-14)
    np.testing.assert_allclose(np.abs(eigenvalues * ends), np.abs(vectors[:, ::-1].T @ load), atol=1e-12)
    assert formula.shape == solved.shape == (len(gradient_flow.TIMES), n)
    np.testing.assert_allclose(solved[-1, :2], ends[:2], rtol=1e-6)


def test_the_noisy_flow_is_that_of_the_normal_equations_and_ends_at_least_squares() -> None:
    n, samples = 6, gradient_flow.SAMPLES
    x = np.linspace(-1, 1, samples)
    truth = np.sin(np.pi * x)
    y = truth + gradient_flow.NOISE * np.random.default_rng(3).normal(size=samples)
    design = PowerOfRelu(np.linspace(-1, 1, n)).design(x)
    found = gradient_flow.distances(n, 3)
    values, vectors = np.linalg.eigh(design.T @ design / samples)
    for place in (0, 20, 40):
        decayed = -np.expm1(-values * gradient_flow.LONG[place]) / values
        moved = vectors @ (decayed * (vectors.T @ design.T @ y / samples))
        assert found[place] == pytest.approx(np.sqrt(np.mean((design @ moved - truth) ** 2)), rel=1e-9)
    best = design @ np.linalg.lstsq(design, y)[0]
    assert found[-1] == pytest.approx(np.sqrt(np.mean((best - truth) ** 2)), rel=1e-6)


def test_what_a_cut_off_leaves_of_a_sum_of_modes_is_what_it_has_of_the_others() -> None:
    """3 + u_1 + u_k/2: without mode k a fifth of the squares, without both all of them; the constant is beside."""
    found = spectrum("fourier", knots=41)
    modes, x = 27, np.arange(-1, 1, 1 / 512)
    scaled = np.geomspace(1.0, 1e-10, 40)
    found.eigenvalues[:] = scaled
    functions = found.functions.units(x)
    y = 3 + functions @ found.vectors[:, 0] + 0.5 * functions @ found.vectors[:, modes]
    left = low_pass.relative_errors(found, x, y)
    kept = [scaled[modes] >= cut for cut in low_pass.CUT_OFFS]
    assert 0 < sum(kept) < len(kept)
    np.testing.assert_allclose(left, np.where(kept, 0.0, np.sqrt(0.2)), atol=1e-6)


def test_of_noise_a_fit_keeps_the_share_of_its_functions_among_the_samples() -> None:
    """n functions of N samples: √(n/N) of the noise, where it outweighs what they cannot be."""
    ratio = np.mean([low_pass.noise_ratio(120, 10.0, seed) ** 2 for seed in range(2)])
    assert ratio == pytest.approx(120 / low_pass.SAMPLES, rel=0.2)


def test_as_many_modes_are_needed_as_capture_that_much(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.linspace(-1, 1, 2001)
    y = np.arctan(25 * x)
    covered = np.cumsum(spectrum(knots=40).shares(x, y))
    for place in (0, 3, 8):
        monkeypatch.setattr(low_pass, "CAPTURED", covered[place : place + 2].mean())
        assert low_pass.modes_needed(40, "uniform", x) == place + 2


@pytest.mark.parametrize("n", [100, 1000])
def test_finite_elements_have_what_is_printed(n: int) -> None:
    """Every number of those rows, by the O(n) way, on knots at which arctan(25x) is evenly spaced."""
    for cell, printed in arctan_table.PRINTED.items():
        if cell[0] == "FEM" and cell[2] == n:
            assert arctan_table._errors(*cell) == pytest.approx(printed, rel=0.02), cell
    np.testing.assert_allclose(
        np.diff(np.diff(np.arctan(25 * arctan_table._knots("adaptive", n)))), 0, atol=1e-12
    )
    np.testing.assert_array_equal(arctan_table._knots("uniform", n), np.linspace(-1, 1, n))
