"""Compositional networks against the triangle waves themselves, and the theorems of their source."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnexpr import InputError
from nnexpr.networks.compositional import compositional, manifold_parameters, random_peaks, tent
from nnexpr.splines.tent import theorem_scales, waves

X = np.linspace(0.0, 1.0, 2049)
PEAKS = arrays(np.float64, st.integers(1, 7), elements=st.floats(0.05, 0.95))


def values(network: object, x: np.ndarray = X) -> np.ndarray:
    return network(torch.from_numpy(x))[:, :, 0].numpy()  # type: ignore[operator]


def formula(peaks: np.ndarray, scales: np.ndarray, sign: int) -> np.ndarray:
    return X + sign * np.einsum("...l,...lx->...x", scales, waves(peaks, X))


def rounding(peaks: np.ndarray, scales: np.ndarray) -> float:
    """What float64 may lose: each wave's steepest slope times a few units in the last place of x, summed."""
    steepest = np.cumprod(1.0 / np.minimum(peaks, 1.0 - peaks))
    return float(2.0**-50 * (1.0 + np.sum(scales * steepest * np.arange(1, peaks.size + 1))))


def theorem_by_recursion(peaks: np.ndarray, sign: int) -> list[float]:
    a = [*peaks, peaks[-1]]
    scales = [(a[0] if sign < 0 else 1 - a[0]) * a[1]]
    for i in range(len(peaks) - 1):
        scales.append(scales[i] * (1 - a[i + 1]) * a[i + 2])
    return scales


@settings(deadline=None, max_examples=60, database=None)
@given(peaks=PEAKS, sign=st.sampled_from([-1, 1]))
def test_the_network_is_the_line_and_its_waves(peaks: np.ndarray, sign: int) -> None:
    scales = np.array(theorem_by_recursion(peaks, sign))
    assert np.allclose(theorem_scales(peaks.tolist(), sign), scales, rtol=1e-14, atol=0)
    network = compositional(peaks=peaks, sign=sign, dtype="float64", depth=len(peaks))
    error = np.abs(values(network)[0] - formula(peaks, scales, sign)).max()
    assert error < rounding(peaks, scales)
    assert network.trained_parameter_count == network.parameter_count == 20 * len(peaks) - 7


@settings(deadline=None, max_examples=60, database=None)
@given(data=st.data(), peaks=PEAKS, sign=st.sampled_from([-1, 1]))
def test_any_positive_scales_are_represented(data: st.DataObject, peaks: np.ndarray, sign: int) -> None:
    # Also those for which x - Σ s_i W_i is negative somewhere, where ReLU alone would cut the sum off.
    scales = data.draw(arrays(np.float64, peaks.shape, elements=st.floats(0.01, 2.0)))
    network = compositional(len(peaks), peaks, scales, sign=sign, dtype="float64")
    error = np.abs(values(network)[0] - formula(peaks, scales, sign)).max()
    assert error < rounding(peaks, scales) * (1.0 + scales.sum())


def test_members_have_their_own_peaks_from_their_own_seeds() -> None:
    network = compositional(4, members=5, seed=3, dtype="float64")
    peaks = random_peaks(4, 5, 3)
    scales = np.array([theorem_by_recursion(row, -1) for row in peaks])
    assert np.abs(values(network) - formula(peaks, scales, -1)).max() < 1e-12
    assert torch.equal(network.parameters[3], compositional(4, seed=6, dtype="float64").parameters[0])
    assert torch.equal(compositional(4, members=5, seed=3).parameters, network.parameters.to(torch.float32))
    assert network.seeds == (3, 4, 5, 6, 7)
    many = random_peaks(1, 4000, 0)
    assert 0 < many.min() < 0.01
    assert 0.99 < many.max() < 1
    assert abs(many.mean() - 0.5) < 0.02


def test_a_peak_is_never_at_the_end_of_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = SimpleNamespace(random=np.zeros)  # what a generator may draw, once in 2^53 times
    monkeypatch.setattr(np.random, "default_rng", lambda seed: zeros)
    assert 0.0 < random_peaks(3, 2, 0).min() <= random_peaks(3, 2, 0).max() < 1e-15


def test_waves_are_subtracted_unless_it_is_said() -> None:
    peaks = torch.tensor([[0.3, 0.6]], dtype=torch.float64)
    network = compositional(2, peaks.numpy(), dtype="float64")
    assert torch.equal(manifold_parameters(peaks), network.parameters)
    assert torch.equal(manifold_parameters(peaks, sign=-1), network.parameters)


@pytest.mark.parametrize("waves", range(1, 12))
def test_peaks_of_one_half_give_the_square(waves: int) -> None:
    # Yarotsky: the error after m waves is 4^-(m+1), attained half-way between the dyadic bends; exact in binary.
    network = compositional(waves, 0.5, dtype="float32")
    x = np.arange(2 ** (waves + 1) + 1) / 2 ** (waves + 1)
    error = values(network, x)[0].astype(np.float64) - x**2
    assert error.max() == 4.0 ** -(waves + 1) or waves > 10  # float32 holds x² to 24 bits
    assert abs(error.max() - 4.0 ** -(waves + 1)) < 2.0**-24
    assert error.min() > -(2.0**-24)


def test_the_slopes_at_the_ends_vanish_in_the_limit() -> None:
    # F'(0) of subtracted and F'(1) of added waves are (1 - a)^L when all peaks are a.
    step = 2.0**-16  # within the outermost linear region
    for depth in (2, 4, 8):
        below = values(compositional(depth, 0.4, sign=-1, dtype="float64"), np.array([0.0, step]))[0]
        above = values(compositional(depth, 0.4, sign=1, dtype="float64"), np.array([1.0 - step, 1.0]))[0]
        assert np.isclose(np.diff(below)[0] / step, 0.6**depth, rtol=1e-5)
        assert np.isclose(np.diff(above)[0] / step, 0.6**depth, rtol=1e-5)


@settings(deadline=None, max_examples=40, database=None)
@given(peaks=arrays(np.float64, 6, elements=st.floats(0.05, 0.95)))
def test_scales_decay_and_the_limit_is_convex(peaks: np.ndarray) -> None:
    scales = np.array(theorem_by_recursion(peaks, -1))
    assert np.all(scales[2:] <= scales[:-2] / 4)
    # Bends of W_{l} are kept by deeper waves, so the chords of F between bends of depth l have ascending slopes.
    bends = np.array([0.0, 1.0])
    for layer in range(len(peaks)):
        w = waves(peaks, bends)[layer - 1] if layer else bends
        middles = bends[:-1] + (peaks[layer] - w[:-1]) / (w[1:] - w[:-1]) * np.diff(bends)
        bends = np.sort(np.concatenate([bends, middles]))
    y = bends - scales @ waves(peaks, bends)
    chords = np.diff(y) / np.diff(bends)
    assert np.all(np.diff(chords) > -1e-6)


def test_t1_and_t2_have_identical_slopes_and_decaying_outputs() -> None:
    network = compositional(9, members=20, dtype="float64")
    grid = torch.from_numpy(X)
    largest = []
    for layer, units in enumerate(network.layer_values(grid)[:-1]):
        assert torch.equal(network.weight(layer)[:, 1, :3], network.weight(layer)[:, 2, :3])
        assert torch.all(units >= 0)
        largest.append(units[:, 3, 0])
        assert torch.all(units[:, 1].amax(dim=1) <= units[:, 3, 0] * (1 + 1e-12))
        assert torch.all(units[:, 3].amax(dim=1) == units[:, 3].amin(dim=1))
    amplitudes = torch.stack(largest, dim=1)
    assert torch.all(amplitudes[:, 1] < amplitudes[:, 0])
    assert torch.all(amplitudes[:, 3:] <= amplitudes[:, 1:-2] / 4 * (1 + 1e-12))


def test_the_manifold_is_differentiable() -> None:
    generator = torch.Generator().manual_seed(0)
    peaks = torch.rand(3, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    scales = torch.rand(3, 4, dtype=torch.float64, generator=generator) + 0.5
    scales.requires_grad_()
    for sign in (-1, 1):
        assert torch.autograd.gradcheck(lambda p, s=sign: manifold_parameters(p, sign=s), (peaks,))
        assert torch.autograd.gradcheck(
            lambda p, q, s=sign: manifold_parameters(p, q, sign=s), (peaks, scales)
        )
    on_manifold = manifold_parameters(peaks, torch.stack(theorem_scales(peaks.unbind(1)), dim=1))
    assert torch.allclose(on_manifold, manifold_parameters(peaks), rtol=1e-14, atol=0)


def test_very_deep_networks_stay_finite() -> None:
    assert torch.isfinite(compositional(2000, members=2).parameters).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_tent_is_exact(dtype: str) -> None:
    folds = 10
    network = tent(folds, dtype)
    assert sum(layer.outputs for layer in network.layers[:-1]) == 2 * folds
    numerators = np.arange(0, 2 ** (folds + 2) + 1)
    for numerator, value in zip(numerators, values(network, numerators / 2 ** (folds + 2))[0], strict=True):
        x = Fraction(int(numerator), 2 ** (folds + 2))
        for _ in range(folds):
            x = 2 * x if x <= Fraction(1, 2) else 2 - 2 * x
        assert Fraction(float(value)) == x


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda: compositional(peaks=[0.5, 1.0]), "peaks"),
        (lambda: compositional(peaks=[0.5, float("nan")]), "peaks"),
        (lambda: compositional(3, peaks=[0.5, 0.5]), "peaks"),
        (lambda: compositional(2, peaks=["a", "b"]), "peaks"),
        (lambda: compositional(2, peaks=[[0.5, 0.5]] * 3, members=2), "peaks"),
        (lambda: compositional(2, scales=[0.5, 0.0]), "scales"),
        (lambda: compositional(2, scales=[0.5, float("inf")]), "scales"),
        (lambda: compositional(sign=0), "sign"),
        (lambda: compositional(domain=(0.0, 0.0)), "domain"),
        (lambda: tent(0), "depth"),
    ],
)
def test_a_bad_value_is_named(call: object, option: str) -> None:
    with pytest.raises(InputError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.option == option
