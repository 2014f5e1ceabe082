"""The rational arithmetic behind the claims on compositional networks, against waves, sums and the engine."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul
from typing import Any

import numpy as np
import pytest
import torch
from wrong import WRONG

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.discovery import find
from nnexpr.experiments.manifold import construction, theorems
from nnexpr.experiments.manifold.bends import reach
from nnexpr.experiments.manifold.beyond import amplitudes, respread
from nnexpr.experiments.manifold.construction import run
from nnexpr.networks.compositional import compositional, random_peaks
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.splines import tent
from nnexpr.splines.tent import theorem_scales
from nnexpr.theory import exact

RNG = np.random.default_rng(12)
PEAKS = [exact.random_peaks(6, RNG, 100) for _ in range(5)]


def floats(values: exact.Rational) -> np.ndarray:
    return np.array([float(value) for value in values])


def slopes(peaks: exact.Rational, scales: exact.Rational) -> list[Fraction]:
    x, waves = exact.breakpoints(peaks, scales)
    f = [sum((s * w[k] for s, w in zip(scales, waves, strict=True)), Fraction(0)) for k in range(len(x))]
    return [(b - a) / (right - left) for (a, b), (left, right) in zip(pairwise(f), pairwise(x), strict=True)]


@pytest.mark.parametrize("peaks", PEAKS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_scales_and_waves_are_the_engines(peaks: exact.Rational, sign: int) -> None:
    scales = theorem_scales(peaks, sign)
    engine = theorem_scales(floats(peaks).tolist(), sign)
    assert np.allclose(floats(scales), engine, rtol=1e-13, atol=0)
    x, waves = exact.breakpoints(peaks, scales)
    assert len(x) == 2**6 + 1
    steepest = np.cumprod(1 / np.minimum(floats(peaks), 1 - floats(peaks)))
    difference = np.abs(np.array([floats(w) for w in waves]) - tent.waves(floats(peaks), floats(x))).max(
        axis=1
    )
    assert (difference < 2.0**-48 * steepest).all()


@pytest.mark.parametrize("peaks", PEAKS)
def test_the_gap_is_the_change_of_slope_at_a_peak(peaks: exact.Rational) -> None:
    """At the peaks of layer i the slope changes by (R - L) g_i, with R, L the slopes of W_i there."""
    ratios = exact.random_peaks(6, RNG)
    for scales in (theorem_scales(peaks), [Fraction(1), *ratios[:5]]):
        x, _ = exact.breakpoints(peaks, scales)
        found = dict(zip(x[1:-1], (b - a for a, b in pairwise(slopes(peaks, scales))), strict=True))
        for layer in range(6):
            own, waves = exact.breakpoints(peaks[: layer + 1], scales[: layer + 1])
            for k, top in enumerate(waves[-1]):
                if top == 1:
                    left = 1 / (own[k] - own[k - 1])
                    right = -1 / (own[k + 1] - own[k])
                    assert found[own[k]] == (right - left) * exact.gap(peaks, scales, layer)


def test_gaps_of_free_scales_are_the_smallest_changes_of_slope_at_the_first_peak() -> None:
    """Of the same draws, relative to the first wave's own change; nothing else is known of the deeper ones."""
    draws, seed, deepest = 3, 5, 32
    table, claims = theorems.differentiable(draws, seed)
    rng, least = np.random.default_rng(seed + 1), dict.fromkeys((2, 4), math.inf)
    for _ in range(draws):
        peaks = exact.random_peaks(deepest + 1, rng, theorems.LEAST)
        scales = list(accumulate(exact.random_peaks(deepest, rng), mul))
        for depth in least:
            x, _ = exact.breakpoints(peaks[:depth], scales[:depth])
            place = x.index(peaks[0])
            left, right = slopes(peaks[:depth], scales[:depth])[place - 1 : place + 1]
            own = scales[0] * (-1 / (1 - peaks[0]) - 1 / peaks[0])
            least[depth] = min(least[depth], abs(float((right - left) / own)))
    assert {row[0]: row[2] for row in table.rows if row[0] in least} == pytest.approx(least)
    # The 31 peaks after the second are each at least a tenth: what they leave is at most 0.9 to that power.
    assert f"above {0.9**31:.2g} at depth 32" in claims[0].fails_if


def test_the_networks_with_the_corrected_slope_are_those_of_the_construction() -> None:
    peaks = random_peaks(theorems.FOLDS, theorems.FEW, 0)
    built = compositional(theorems.FOLDS, peaks, members=theorems.FEW, dtype="float64")
    corrected, printed = (theorems._with_slope(sign) for sign in (-1, 1))
    torch.testing.assert_close(corrected.parameters, built.parameters)
    x = np.linspace(0, 1, 33)
    assert np.abs(printed(x) - built(x)).max() > 1


def test_an_amplitude_that_does_not_fall_is_no_decay(monkeypatch: pytest.MonkeyPatch) -> None:
    def level(*given: Any, **more: Any) -> Network:
        network = compositional(*given, **more)
        network.affine(3)[0, 3, 3] = 1.0
        return network

    assert [claim.verdict for claim in construction.layers(3, 0)[1]] == ["holds"]
    monkeypatch.setattr(construction, "compositional", level)
    assert [claim.verdict for claim in construction.layers(3, 0)[1]] == ["fails"]


def test_both_signs_of_the_slope_are_counted_and_bounded_quotients_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signs, right = [], theorems._with_slope
    monkeypatch.setattr(theorems, "_with_slope", lambda sign: signs.append(sign) or right(sign))
    assert theorems._printed_slope().verdict == "holds as corrected"
    assert sorted(signs) == [-1, 1]
    _, claims = theorems.second_derivative(1, 0)
    assert claims[1].measured == "bounded for a = 1/2"


@pytest.mark.parametrize("peaks", PEAKS)
def test_regions_by_gaps_are_those_of_the_enumeration(peaks: exact.Rational) -> None:
    scales = theorem_scales(peaks)
    assert exact.regions(peaks, scales) == 64 == 1 + sum(a != b for a, b in pairwise(slopes(peaks, scales)))
    # A scale that closes the first gap takes the bend at the first peak away.
    closed = list(scales)
    closed[0] -= exact.gap(peaks, scales, 0)
    assert exact.regions(peaks, closed) == 63 == 1 + sum(a != b for a, b in pairwise(slopes(peaks, closed)))


def test_the_first_layers_that_are_kept() -> None:
    assert reach([1, 2, 4, 8]) == 4
    assert reach([1, 1, 2, 3]) == 3
    assert reach([0, 2, 4]) == 0


@pytest.mark.parametrize("spread", ["by layer", "even", "at the output"])
def test_other_amplitudes_are_the_same_function(spread: str) -> None:
    network = compositional(5, members=8, dtype="float64")
    made = respread(network, spread)
    x = torch.linspace(0, 1, 257, dtype=torch.float64)
    assert torch.allclose(made(x), network(x), rtol=0, atol=1e-11)
    own, now = amplitudes(network), amplitudes(made)
    ratio = now[:, 1:] / now[:, :-1]
    if spread == "by layer":
        assert torch.allclose(now, own)
    elif spread == "even":
        assert torch.allclose(ratio, ratio[:, :1].expand_as(ratio))
        assert torch.allclose(now[:, [0, -1]], own[:, [0, -1]])
    elif spread == "at the output":
        assert torch.allclose(ratio, torch.ones_like(ratio))


@pytest.mark.parametrize("sign", [-1, 1])
def test_triangles_of_equation_1_have_the_slope_they_are_given(
    sign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """±1/(1 − a) beside 1/a; with the minus sign they are the networks as they are built."""
    built = compositional(4, random_peaks(4, 20, 0), members=20, dtype="float64")
    torch.testing.assert_close(theorems._with_slope(-1).parameters, built.parameters, rtol=1e-14, atol=0)
    monkeypatch.setattr(theorems, "FOLDS", 1)
    peaks = random_peaks(1, 20, 0)[:, 0]
    for a, found in zip(peaks, linear_regions(theorems._with_slope(sign)), strict=True):
        left, right = found.slopes
        assert found.breakpoints == pytest.approx([a])
        assert (right - 1) / (left - 1) == pytest.approx(
            sign * a / (1 - a)
        )  # the output is x and the triangle


def test_the_claims_on_the_construction_hold() -> None:
    said: list[float] = []
    result = run(Attempt(True, progress=lambda share, _: said.append(share)))
    assert said == sorted(said)
    verdicts = {claim.id: claim.verdict for claim in result.claims}
    assert verdicts.pop("M1 float64") == "not measured"  # a quick run does not go deep enough
    corrected = {"M7 equation (1)", "M8 shape"}
    assert all(
        verdict == ("holds as corrected" if name in corrected else "holds")
        for name, verdict in verdicts.items()
    )
    assert all(claim.fails_if and claim.id in WRONG for claim in result.claims)
    assert {name.split()[0] for name in verdicts} == {"M1", "M7", "M8", "M9", "M12"}
    [experiment] = find("manifold-construction")
    assert experiment.group == "manifold"
