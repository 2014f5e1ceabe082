"""Rashomon sets: what units see and distances by quadrature, a single unit's probability by integration."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nnexpr
from nnexpr.specification import InputError
from nnexpr.theory.rashomon import hoeffding
from nnexpr.theory.rashomon.units import Units
from nnexpr.theory.rashomon.waves import Wave, orthogonal_waves, wave
from nnexpr.theory.splitting import Plan, sampled, split

WAVES = [wave(0.3, 1.0), wave(math.pi), wave(4.4, -math.pi / 2), wave(9.0, 0.7)]


def relu(x: np.ndarray, place: float) -> np.ndarray:
    """The unit at a place: active on 2 |place| of the right or the left end."""
    return np.maximum(np.sign(place) * x - 1 + 2 * abs(place), 0)


def network(x: np.ndarray, state: np.ndarray, amplitude: float) -> np.ndarray:
    weights, places = state
    return (
        amplitude * sum(a * relu(x, place) for a, place in zip(weights, places, strict=True)) / len(weights)
    )


def integral(function, breaks=()) -> float:
    ends = np.unique(np.concatenate([[-1.0, 1.0], breaks, np.linspace(-1, 1, 17)]))
    x, w = np.polynomial.legendre.leggauss(16)
    half, middle = np.diff(ends)[:, None] / 2, (ends[1:] + ends[:-1])[:, None] / 2
    return float((half * w * function(middle + half * x)).sum())


@pytest.mark.parametrize("target", WAVES)
def test_waves_have_norm_1_and_units_see_them_as_integrals_say(target: Wave) -> None:
    assert integral(lambda x: target(x) ** 2) == pytest.approx(1, abs=1e-13)
    for place in (-1.0, -0.6, -0.01, 0.2, 0.85, 1.0):
        side = int(np.sign(place))
        bend = side * (1 - 2 * abs(place))
        expected = integral(lambda x, place=place: target(x) * relu(x, place), [bend])
        assert target.seen(2 * abs(place), side) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("target", WAVES)
def test_kappa_is_the_largest_that_any_unit_sees(target: Wave) -> None:
    lengths = np.linspace(0, 2, 20_001)
    looked = max(np.abs(target.seen(lengths, side)).max() for side in (1, -1))
    assert looked <= target.kappa * (1 + 1e-12)
    assert target.kappa == pytest.approx(looked, rel=1e-6)


def test_waves_that_meet_the_talks_condition() -> None:
    """Orthogonal to lines, so that Δg = f has a solution of compact support; for cosines κ = 2/ν²."""
    waves = orthogonal_waves(7)
    frequencies = [each.frequency for each in waves]
    assert frequencies == sorted(frequencies)
    assert np.allclose(frequencies[::2], np.pi * np.arange(1, 5))
    for each in waves:
        assert integral(each) == pytest.approx(0, abs=1e-13)
        assert integral(lambda x, each=each: x * each(x)) == pytest.approx(0, abs=1e-13)
    for each in waves[::2]:
        assert each.kappa == pytest.approx(2 / each.frequency**2, rel=1e-12)


@pytest.mark.parametrize("share", [1.0, 0.0, 0.3])
def test_distances_are_integrals(share: float) -> None:
    target, rng = WAVES[3], np.random.default_rng(1)
    units = Units(target, 7, 40.0, share)
    states = units.draw(5, rng)
    assert states.shape == (5, 2, 7)
    for state, distance in zip(states, units.scores(states), strict=True):
        bends = np.sign(state[1]) * (1 - 2 * np.abs(state[1]))
        square = integral(lambda x, state=state: (network(x, state, 40.0) - share * target(x)) ** 2, bends)
        assert distance == pytest.approx(math.sqrt(square), rel=1e-12)


def test_draws_are_uniform() -> None:
    states = Units(WAVES[1], 5, 1.0).draw(20_000, np.random.default_rng(0))
    counts, _ = np.histogram(states, bins=8, range=(-1, 1))
    assert (np.abs(counts / states.size - 1 / 8) < 4 / states.size**0.5).all()


@pytest.mark.parametrize("step", [0.2, 1.0])
def test_walks_keep_the_uniform_law_and_the_level(step: float) -> None:
    """Over a level above all scores the law is that of the draws; below, no state leaves, and its score is its own."""
    units, rng = Units(WAVES[1], 3, 10.0), np.random.default_rng(2)
    states = units.draw(20_000, rng)
    scores, before = units.scores(states), states.copy()
    assert units.walk(states, scores, 1e9, step, rng) == 1.0
    assert np.abs(states).max() <= 1
    assert (states != before).all()
    counts, _ = np.histogram(states, bins=8, range=(-1, 1))
    assert (np.abs(counts / states.size - 1 / 8) < 4 / states.size**0.5).all()
    level = float(np.median(scores))
    states = states[scores <= level]
    scores, before = units.scores(states), states.copy()
    accepted = units.walk(states, scores, level, step, rng)
    moved = (states != before).all(axis=1).mean()
    assert accepted == pytest.approx(moved)
    assert 0.1 < accepted < 1
    assert np.allclose(scores, units.scores(states), rtol=1e-12)
    assert scores.max() <= level * (1 + 1e-12)


def test_a_walk_leaves_a_law_below_a_level_as_it_is() -> None:
    """Of states that were drawn until their score was low, moments are the same after many sweeps."""
    units, rng = Units(WAVES[1], 2, 6.0), np.random.default_rng(3)
    states = units.draw(60_000, rng)
    states = states[units.scores(states) <= 1.0]
    walked, scores = states.copy(), units.scores(states)
    for _ in range(30):
        units.walk(walked, scores, 1.0, 0.7, rng)
    for moment in (lambda s: s[:, 0] ** 2, lambda s: s[:, 1] ** 2, lambda s: s[:, 0] * s[:, 1]):
        spread = math.sqrt(2 * moment(states).var() / len(states) / 2)
        assert abs(moment(walked).mean() - moment(states).mean()) < 5 * spread


def one_unit(target: Wave, amplitude: float, error: float) -> float:
    """P(‖aσ − f‖ ≤ ε) of n = 1: with m = ⟨f, σ⟩ and q = ‖σ‖² the weights are an interval, (m ± √(m² − q(1 − ε²)))/q."""
    lengths, shares = np.linspace(0, 2, 1_000_001)[1:], []
    for side in (1, -1):
        seen, square = target.seen(lengths, side), lengths**3 / 3
        inside = np.maximum(seen**2 - square * (1 - error**2), 0.0) ** 0.5
        ends = (np.clip((seen + way * inside) / square, -amplitude, amplitude) for way in (-1, 1))
        shares.append(float(np.mean(-np.subtract(*ends))) / (2 * amplitude))
    return sum(shares) / 2


def test_a_single_unit_down_to_a_hundred_millionth() -> None:
    """The nearest unit is at √(1 − max m²/q); a little above that the set is thin in both parameters."""
    target, lengths = wave(2.0, 0.4), np.linspace(0, 2, 100_001)[1:]
    correlation = max((target.seen(lengths, side) ** 2 / (lengths**3 / 3)).max() for side in (1, -1))
    errors = [math.sqrt(1 - correlation) + gap for gap in (0.1, 1e-3, 3e-7)]
    exact = [one_unit(target, 50.0, error) for error in errors]
    assert exact[-1] < 1e-8
    found = split(Units(target, 1, 50.0), errors, Plan(particles=400), 0)
    for chance, expected in zip(found, exact, strict=True):
        assert abs(chance.probability / expected - 1) < 4 * chance.relative_error + 0.01, chance
        assert chance.relative_error < 0.2


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_splitting_and_plain_sampling_agree_where_both_find_some(share: float) -> None:
    units, errors = Units(orthogonal_waves(2)[1], 8, 30.0, share), [0.9, 0.7]
    plain = sampled(units, errors, 200_000, np.random.default_rng(0))
    rare = split(units, errors, Plan(particles=200), 0)
    for one, other in zip(plain, rare, strict=True):
        assert one.probability * 200_000 > 20
        apart = abs(math.log(one.probability / other.probability))
        assert apart < 4 * math.hypot(one.relative_error, other.relative_error)


def test_a_ball_about_zero_is_likelier_than_about_any_wave() -> None:
    """Anderson's inequality, for laws that are symmetric and unimodal, as that of many units nearly is."""
    target = orthogonal_waves(2)[1]
    [zero], [one] = (split(Units(target, 16, 30.0, share), [0.7], Plan(100), 0) for share in (0.0, 1.0))
    assert zero.low > one.high


def test_the_bound_is_that_of_hoeffding_for_the_means_that_must_be_large() -> None:
    """By the definition for cos kπx, ‖f‖ = 1 and κ = 2/ν², and never below the probability of what it bounds."""
    target = wave(2 * math.pi)
    assert hoeffding(target, 10, 30.0, 0.4) == pytest.approx(
        math.exp(-10 * 0.6**2 * (2 * math.pi) ** 4 / (8 * 30**2)), rel=1e-12
    )
    # The step before it: P(⟨h, f⟩ ≥ (1 − ε)‖f‖²), by counting, n = 2.
    rng = np.random.default_rng(4)
    weights, places = Units(target, 2, 15.0).draw(400_000, rng).swapaxes(0, 1)
    sides = np.where(places > 0, 1, -1)
    seen = np.where(sides > 0, target.seen(2 * np.abs(places)), target.seen(2 * np.abs(places), -1))
    means = (15.0 * weights * seen).mean(axis=1)
    for error in (0.5, 0.7, 0.9):
        share = np.mean(means >= 1 - error)
        assert 0 < share - 4 * (share / 400_000) ** 0.5 <= hoeffding(target, 2, 15.0, error)
    assert (means <= 15.0 * target.kappa).all()


def test_the_public_function_takes_the_way_that_finds_some() -> None:
    few = {"amplitude": 30.0, "draws": 20_000, "particles": 60, "repeats": 6}
    sets = nnexpr.rashomon(2 * math.pi, 8, errors=(0.5, 0.9), **few)
    assert [chance.level for chance in sets] == [0.5, 0.9]
    assert [chance.method for chance in sets] == ["splitting", "sampling"]
    for chance in sets:
        assert 0 < chance.low < chance.probability < chance.high
        assert chance.low <= hoeffding(wave(2 * math.pi), 8, 30.0, chance.level)
    assert sets == nnexpr.rashomon(2 * math.pi, 8, errors=(0.5, 0.9), **few)
    assert sets != nnexpr.rashomon(2 * math.pi, 8, errors=(0.5, 0.9), seed=1, **few)


def test_a_set_is_empty_where_no_mean_reaches_far_enough() -> None:
    """A κ < 1 − ε: exactly 0, as sampling finds too."""
    target = wave(4 * math.pi)
    amplitude = 0.3 / target.kappa
    empty, other = nnexpr.rashomon(
        4 * math.pi, 2, amplitude=amplitude, errors=(0.69, 0.71), draws=10, particles=10
    )
    assert (empty.method, empty.probability, empty.high) == ("empty", 0, 0)
    assert other.method != "empty"
    [plain] = sampled(Units(target, 2, amplitude), [0.69], 50_000, np.random.default_rng(0))
    assert plain.probability == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("frequency", 0.0), ("frequency", math.nan), ("width", 0), ("amplitude", -1.0), ("draws", 0), ("particles", 0),
     ("repeats", 1), ("errors", (1.0,)), ("errors", (0.5, 0.0))],
)  # fmt: skip
def test_what_means_nothing_is_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        nnexpr.rashomon(**{"frequency": 3.0, "width": 4, name: value})
