"""Splitting against events whose probability is known exactly, down to where sampling would never end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom, norm, sem
from scipy.stats import t as student

from nnexpr.theory import splitting
from nnexpr.theory.splitting import Plan, clopper_pearson, sampled, split

SMALL = Plan(particles=300, repeats=10, sweeps=8)


@dataclass
class Corner:
    """max_i u_i of uniform u on [0, 1]^p: P(score ≤ e) = e^p."""

    dimension: int

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        return rng.random((count, self.dimension))

    def scores(self, states: np.ndarray) -> np.ndarray:
        return states.max(axis=1)

    def walk(
        self, states: np.ndarray, scores: np.ndarray, level: float, step: float, rng: np.random.Generator
    ) -> float:
        """Reflected at 0 and 1, then Metropolis'."""
        moved = np.abs(states + step * (2 * rng.random(states.shape) - 1))
        moved = np.where(moved > 1, 2 - moved, moved)
        taken = self.scores(moved) <= level
        states[taken] = moved[taken]
        scores[:] = self.scores(states)
        return float(taken.mean())


@dataclass
class HalfSpace:
    """−a·z of a standard normal z, |a| = 1: P(score ≤ e) = Φ(e)."""

    direction: np.ndarray

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((count, len(self.direction)))

    def scores(self, states: np.ndarray) -> np.ndarray:
        return -states @ self.direction

    def walk(
        self, states: np.ndarray, scores: np.ndarray, level: float, step: float, rng: np.random.Generator
    ) -> float:
        """Preconditioned Crank–Nicolson: √(1 − s²) z + s ξ is standard normal again."""
        moved = np.sqrt(1 - step**2) * states + step * rng.standard_normal(states.shape)
        taken = self.scores(moved) <= level
        states[taken] = moved[taken]
        scores[:] = self.scores(states)
        return float(taken.mean())


def within(chances: list, exact: list[float], errors: float = 4.0) -> None:
    for chance, value in zip(chances, exact, strict=True):
        assert abs(chance.probability / value - 1) < errors * chance.relative_error, chance
        assert chance.relative_error < 0.4
        assert chance.low < chance.probability < chance.high


@pytest.mark.parametrize("dimension", [1, 8])
def test_a_corner_of_the_cube(dimension: int) -> None:
    levels = [0.5, 1e-1, 1e-2] if dimension == 8 else [0.5, 1e-4, 1e-9]
    within(split(Corner(dimension), levels, SMALL, 0), [level**dimension for level in levels])


def test_a_gaussian_tail_of_any_depth() -> None:
    direction = np.array([3.0, 0.0, -4.0, 12.0, 0.0]) / 13.0
    depths = [-2.0, -6.0, -12.0]  # Φ = 0.02, 1e-9, 2e-33
    within(split(HalfSpace(direction), depths, SMALL, 1), norm.cdf(depths).tolist())


def test_single_repeats_have_the_probability_for_their_mean_however_few_the_states() -> None:
    """Unbiased: with ten states a repeat spreads by more than its mean, and their mean is right all the same."""
    [chance] = split(Corner(4), [0.1], Plan(particles=10, repeats=1000, sweeps=3), 2)
    assert chance.relative_error * 1000**0.5 > 1
    within([chance], [1e-4])


def test_a_walk_that_stands_still_leaves_it_unbiased() -> None:
    class Frozen(Corner):
        def walk(self, states, scores, level, step, rng) -> float:
            return 0.3

    within(split(Frozen(1), [0.2], Plan(particles=50, repeats=500), 3), [0.2])


def test_intervals_cover_as_often_as_they_say() -> None:
    exact, covered = 0.2**3, 0
    for seed in range(60):
        [chance] = split(Corner(3), [0.2], Plan(particles=50, repeats=10, sweeps=2), seed)
        covered += chance.low <= exact <= chance.high
    assert covered >= binom.ppf(1e-3, 60, 0.95)


def test_plain_sampling_counts_and_agrees() -> None:
    levels = [0.8, 0.5, 1e-3]
    plain = sampled(Corner(4), levels, 40_000, np.random.default_rng(0))
    for chance, level in zip(plain, levels, strict=True):
        assert chance.low <= level**4 <= chance.high
    assert plain[-1].probability == plain[-1].low == 0
    assert plain[-1].high == pytest.approx(1 - 0.025 ** (1 / 40_000))
    assert plain[1].relative_error == pytest.approx(((1 - 0.5**4) / (40_000 * 0.5**4)) ** 0.5, rel=0.05)


@pytest.mark.parametrize(("found", "draws"), [(0, 10), (1, 10), (7, 10), (10, 10), (3, 1000)])
def test_an_exact_interval_ends_where_a_tail_of_the_binomial_law_is_a_fortieth(
    found: int, draws: int
) -> None:
    low, high = clopper_pearson(found, draws)
    if found:
        assert binom.sf(found - 1, draws, low) == pytest.approx(0.025)
    else:
        assert low == 0
    if found < draws:
        assert binom.cdf(found, draws, high) == pytest.approx(0.025)
    else:
        assert high == 1


def test_levels_come_back_in_the_order_asked_for_and_the_same_on_any_threads() -> None:
    levels = [0.2, 0.6, 0.4]
    one, two = (split(Corner(2), levels, SMALL, 5, threads) for threads in (1, 3))
    assert one == two
    assert [chance.level for chance in one] == levels
    assert one[0].probability < one[2].probability < one[1].probability
    assert split(Corner(2), levels, SMALL, 6) != one
    assert split(Corner(2), [*levels, 0.4], SMALL, 5) == [*one, one[2]]


def test_what_cannot_be_reached_is_said_not_to_be() -> None:
    class Floor(Corner):
        def scores(self, states: np.ndarray) -> np.ndarray:
            return 0.5 + states.max(axis=1) / 2

    reached, beyond = split(Floor(2), [0.75, 0.4], Plan(particles=50, repeats=4), 0)
    assert reached.method == "splitting"
    assert reached.low < 0.25 < reached.high
    assert beyond.method == "not reached"
    assert np.isnan(beyond.probability)
    assert (beyond.low, beyond.high) == (0, 1)


def test_where_all_repeats_end_early_nothing_is_known() -> None:
    class Rare(Corner):
        """Scores of repeats lie above the pilot's."""

        drawn = 0

        def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
            self.drawn += 1
            return rng.random((count, self.dimension)) + (self.drawn > 1)

    [chance] = split(Rare(1), [0.5], Plan(particles=20, repeats=3), 0)
    assert (chance.probability, chance.low, chance.high) == (0, 0, 1)


def test_repeats_are_averaged_with_students_interval() -> None:
    found = np.array([0.2, 0.3, 0.25, 0.31, 0.27])
    chance = splitting._estimated(0.5, found)
    expected = student.interval(0.95, len(found) - 1, found.mean(), sem(found))
    assert (chance.low, chance.high) == pytest.approx(expected, rel=1e-12)
    assert (chance.probability, chance.relative_error) == pytest.approx(
        (found.mean(), sem(found) / found.mean())
    )


class Tosses(Corner):
    """How many heads in three tosses: scores that are levels themselves."""

    def scores(self, states: np.ndarray) -> np.ndarray:
        return (states < 0.5).sum(axis=1).astype(float)


def test_a_state_at_a_level_is_in_its_event() -> None:
    chances = sampled(Tosses(3), [0.0, 1.0, 2.0, 3.0], 40_000, np.random.default_rng(0))
    assert [chance.probability for chance in chances] == pytest.approx([1 / 8, 1 / 2, 7 / 8, 1], abs=0.01)
