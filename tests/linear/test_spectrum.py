"""Gram spectra: rates, the cantilever, orthonormal modes, and what a target has of each."""

from __future__ import annotations

import numpy as np
import pytest

import nnexpr
from nnexpr.linear.continuous import cantilever, relu_kernel
from nnexpr.linear.relu_gram import ReluGram
from nnexpr.linear.spectrum import spectrum
from nnexpr.specification import InputError


@pytest.fixture(scope="module")
def relus():
    return nnexpr.spectrum("relu", knots=400, power=1)


def test_four_hundred_relus_are_the_cantilever(relus):
    assert len(relus.eigenvalues) == 400
    np.testing.assert_allclose(relus.eigenvalues[:10], cantilever(10), rtol=1e-4)
    np.testing.assert_array_equal(relus.exact, cantilever(400))
    assert relus.slope == pytest.approx(-4, abs=0.1)
    assert relus.slope_modes == (10, 100)
    assert relus.condition == pytest.approx(6.361 * 400**4, rel=0.001)
    assert relus.certified


def test_every_eigenvalue_of_relus_keeps_its_digits():
    """Also those that are 10⁻¹⁰ of the first: against the eigenvalues of the inverse, which has them first."""
    n = 300
    found = spectrum(knots=n)
    gram = ReluGram(-1 + (np.arange(n) + 0.5) * 2 / n, 1.0)
    inverse = np.stack([gram.solve(unit) for unit in np.eye(n)])
    small = 1 / np.linalg.eigvalsh((inverse + inverse.T) / 2)
    np.testing.assert_allclose(found.eigenvalues[-150:], small[-150:] * 2 / n, rtol=1e-6)
    assert found.eigenvalues[-1] * found.condition == pytest.approx(found.eigenvalues[0], rel=1e-6)


@pytest.mark.parametrize(("power", "slope"), [(2, -6), (3, -8)])
def test_powers_decay_as_their_order_says(power, slope):
    found = spectrum(knots=250, power=power)
    assert found.slope == pytest.approx(slope, abs=0.35)
    assert found.slope_modes == (10, min(found.resolved, 100))
    assert found.resolved < 130
    np.testing.assert_allclose(found.eigenvalues[:5], relu_kernel(power, 5), rtol=1e-3)
    assert not found.certified
    assert found.condition == pytest.approx(1 / (250 * np.finfo(float).eps))


@pytest.mark.parametrize("name", ["tanh", "gaussian"])
def test_analytic_units_decay_faster_than_any_power(name):
    """Steeper in each octave than in the one before; that of σ³ stays at −8."""
    found = spectrum(name, knots=400, scale=6.0).eigenvalues
    octaves = np.log2(found[[7, 15, 31]] / found[[3, 7, 15]])
    assert (np.diff(octaves) < -1).all()
    assert octaves[-1] < -8


@pytest.mark.parametrize(
    ("name", "options"),
    [("relu", {}), ("relu", {"power": 2}), ("hat", {}), ("tanh", {}), ("gaussian", {"scale": 3.0}), ("fourier", {})],
)  # fmt: skip
def test_modes_are_orthonormal_functions(name, options):
    found = spectrum(name, knots=40, domain=(0.5, 3.0), **options)
    nodes, weights = np.polynomial.legendre.leggauss(600)
    x, w = 1.75 + 1.25 * nodes, 1.25 * weights
    modes = found.modes(x, 8)
    np.testing.assert_allclose(modes.T @ (w[:, None] * modes), np.eye(modes.shape[1]), atol=2e-4)


def test_a_mode_is_the_mirror_image_of_its_own_coefficients(relus):
    """K = V*V and u_k are the modes of VV*, V two integrations from the left: V* is V seen from the right."""
    knots = relus.functions.knots
    modes = relus.modes(-knots, 6)
    eigenvectors = relus.vectors[:, :6] / np.sqrt(relus.cell)
    signs = np.sign((modes * eigenvectors).sum(axis=0))
    np.testing.assert_allclose(modes, signs * eigenvectors, atol=2e-3)


def test_the_shares_of_a_target_add_up_to_what_the_modes_span():
    found = spectrum("fourier", knots=41)
    x = np.arange(-1, 1, 1 / 512)
    y = np.sin(2 * np.pi * x) + 0.5 * np.cos(5 * np.pi * x)
    shares = found.shares(x, y)
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    assert sorted(shares)[-2:] == pytest.approx([0.2, 0.8])
    relu = spectrum(knots=200).shares(x, y, 60)
    assert 0.9 < relu.sum() < 1
    assert relu[:20].sum() < relu.sum()


def test_adaptive_knots_need_fewer_modes():
    x = np.linspace(-1, 1, 4001)
    y = np.arctan(25 * x)
    counts = []
    for biases in ("uniform", "adaptive"):
        found = spectrum(knots=100, biases=biases, samples=(x, y))
        covered = np.cumsum(found.shares(x, y))
        counts.append(int(np.searchsorted(covered, 0.9999)))
    assert counts[1] < counts[0]


def test_random_knots_are_worse_conditioned_than_n_cubed_over_log_n():
    for n in (50, 200):
        conditions = [spectrum(knots=n, biases="random", seed=seed).condition for seed in range(5)]
        assert min(conditions) > n**3 / np.log(n)


def test_beyond_what_is_dense_lanczos_takes_over(monkeypatch):
    dense = spectrum(knots=300)
    monkeypatch.setattr("nnexpr.linear.spectrum.DENSE", 299)
    found = spectrum(knots=300, modes=5)
    np.testing.assert_allclose(found.eigenvalues, dense.eigenvalues[:100], rtol=1e-9)
    assert found.slope == pytest.approx(dense.slope, rel=1e-9)
    assert found.condition == pytest.approx(dense.condition, rel=1e-8)
    with pytest.raises(InputError, match="only ReLUs on a line"):
        spectrum("tanh", knots=300)
    with pytest.raises(InputError, match="in two dimensions at most 299"):
        spectrum(knots=300, dimension=2)


def test_in_the_plane_eigenvalues_decay_like_k_to_the_minus_five_halves():
    found = spectrum(knots=600, dimension=2)
    first, last = found.slope_modes
    assert (first, last) == (10, 100)
    assert found.slope == pytest.approx(-2.5, abs=0.45)
    points = np.stack(np.meshgrid(np.linspace(-1, 1, 80), np.linspace(-1, 1, 80)), axis=-1).reshape(-1, 2)
    modes = found.modes(points, 4)
    np.testing.assert_allclose(modes.T @ modes * 4 / 6400, np.eye(4), atol=0.06)


def test_drawn_lines_have_the_spectrum_of_spread_ones_but_for_chance():
    spread, drawn = (
        spectrum(knots=400, dimension=2, biases=biases, seed=1) for biases in ("uniform", "random")
    )
    np.testing.assert_allclose(drawn.eigenvalues[:3], spread.eigenvalues[:3], rtol=0.25)
    assert spectrum(knots=20, dimension=2, biases="random").functions.knots.shape == (20, 3)


def test_a_constant_target_has_nothing_in_any_mode():
    x = np.linspace(-1, 1, 50)
    assert np.abs(spectrum(knots=10).shares(x, np.full(50, 1.0), 4)).max() < 1e-10


def test_knots_of_ones_own():
    at = np.array([-1.0, -0.2, 0.1, 0.9])
    found = spectrum(knots=at)
    np.testing.assert_array_equal(found.functions.knots, at)
    assert found.exact is None
    assert found.slope_modes == (1, 4)
    assert spectrum(knots=np.array([0.3, 0.5])).slope < 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"basis": "spline"}, "basis is spline"),
        ({"power": 0}, "power is 0"),
        ({"scale": 0.0}, "scale is 0.0"),
        ({"scale": 151.0}, "at most 150"),
        ({"dimension": 3}, "dimension is 3: it must be 1 or 2"),
        (
            {"dimension": 2, "basis": "cosine"},
            "in two dimensions it must be one of relu, hat, tanh, gaussian",
        ),
        (
            {"dimension": 2, "biases": "adaptive"},
            "in two dimensions these knots are placed uniform or random",
        ),
        ({"biases": "nearby"}, "biases is nearby"),
        ({"biases": "adaptive"}, "need samples"),
        ({"knots": 1}, "at least 2"),
        ({"knots": [0.0, 3.0]}, "they must lie in -1 to 1"),
        ({"modes": 0}, "modes is 0"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(changes, message):
    with pytest.raises(InputError, match=message):
        spectrum(**{"knots": 10, **changes})
