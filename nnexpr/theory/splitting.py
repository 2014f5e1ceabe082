"""Probabilities that plain sampling cannot see: multilevel splitting, with an unbiased estimate.

An event {score ≤ e} of a law that can be drawn from is reached through levels e_1 > … > e_m = e:

    P(score ≤ e) = P(score ≤ e_1) Π P(score ≤ e_{i+1} | score ≤ e_i).

A population of N states is drawn; those at or below a level survive and are copied until there are N again, each with
the same expected number of copies; then a Markov kernel that keeps the law on {score ≤ level} moves them. The product
of the shares that survived has the probability for its mean, **whatever the kernel does and however few states**, as
long as levels and steps were fixed before. So a pilot chooses them, each level a quantile of the scores, each step by
what is accepted, and its own numbers are thrown away; what is reported is the mean of independent repeats, with
Student's interval from their spread. Its coverage is only nominal where repeats spread by more than their mean: they
are skewed then.

Where plain sampling finds some, ``clopper_pearson`` encloses the probability for certain.

Sources: H. Kahn, T. Harris, "Estimation of particle transmission by random sampling" (1951); F. Cérou, P. Del Moral,
T. Furon, A. Guyader, "Sequential Monte Carlo for rare event estimation", Stat. Comput. 22 (2012), 795–808 (unbiased);
C. Clopper, E. Pearson, Biometrika 26 (1934). Cost: (1 + repeats) levels · particles · sweeps moves; about
ln(1/P) / ln(1/SHARE) levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from scipy.stats import t as student

__all__ = ["Chance", "Event", "Plan", "clopper_pearson", "sampled", "split"]

Array = NDArray[np.float64]

CONFIDENCE = 0.95
SHARE = 0.2  # of the states that survive a level
ACCEPTED = 0.3  # the share of moves that steps are chosen for
LARGEST_STEP = 1.0
BATCH = 1 << 14  # states that plain sampling draws at once


class Event(Protocol):
    """A law, a score of its states, and a kernel. Of an array of states the first axis counts them."""

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """So many independent states."""

    def scores(self, states: Array) -> Array:
        """``(count,)``: the event is that the score is at or below a level."""

    def walk(
        self, states: Array, scores: Array, level: float, step: float, rng: np.random.Generator
    ) -> float:
        """Move every state and its score in place by a kernel that keeps the law on {score ≤ level}.

        ``step``, at most 1, is the size of a move. Returns the share of moves that were accepted.
        """


@dataclass(frozen=True)
class Chance:
    """An estimated probability of {score ≤ level}.

    ``low``, ``high``: a 95 % interval, that of Clopper and Pearson for ``"sampling"``. ``relative_error``: the standard
    error over the estimate. ``"not reached"``: no estimate, the pilot was stuck above the level.
    """

    level: float
    probability: float
    low: float
    high: float
    relative_error: float
    method: str


@dataclass(frozen=True)
class Plan:
    """How much splitting does: ``sweeps`` of moves at every level, at most ``levels`` of them."""

    particles: int = 500
    repeats: int = 10
    sweeps: int = 8
    levels: int = 150


def clopper_pearson(found: int, draws: int) -> tuple[float, float]:
    """The interval that covers a probability with at least 95 %, whatever it is, after ``found`` of ``draws``."""
    tail = (1 - CONFIDENCE) / 2
    low = beta.ppf(tail, found, draws - found + 1) if found else 0.0
    high = beta.isf(tail, found + 1, draws - found) if found < draws else 1.0
    return float(low), float(high)


def sampled(event: Event, levels: Sequence[float], draws: int, rng: np.random.Generator) -> list[Chance]:
    """By plain sampling, one for each level; the same draws for all."""
    found = np.zeros(len(levels), dtype=np.int64)
    for first in range(0, draws, BATCH):
        scores = event.scores(event.draw(min(BATCH, draws - first), rng))
        found += (scores[:, None] <= np.asarray(levels)).sum(axis=0)
    chances = []
    for level, count in zip(levels, found.tolist(), strict=True):
        share = count / draws
        error = float(np.sqrt((1 - share) / count)) if count else np.inf
        chances.append(Chance(level, share, *clopper_pearson(count, draws), error, "sampling"))
    return chances


def split(event: Event, levels: Sequence[float], plan: Plan, seed: int, threads: int = 1) -> list[Chance]:
    """By splitting, one for each level, in their order. The repeats are spread over ``threads``, by their own seeds."""
    pilot, *others = np.random.SeedSequence(seed).spawn(1 + plan.repeats)
    ladder = _ladder(event, levels, plan, np.random.default_rng(pilot))
    climb = partial(_climb, event, ladder, plan)
    with ThreadPoolExecutor(threads) as pool:
        found = np.array(list(pool.map(climb, map(np.random.default_rng, others))))  # (repeats, rungs)
    places = {rung.level: place for place, rung in enumerate(ladder)}
    return [
        _estimated(level, found[:, places[level]])
        if level in places
        else Chance(level, np.nan, 0.0, 1.0, np.inf, "not reached")
        for level in map(float, levels)
    ]


@dataclass(frozen=True)
class _Rung:
    level: float
    step: float


def _ladder(event: Event, levels: Sequence[float], plan: Plan, rng: np.random.Generator) -> list[_Rung]:
    """Levels and steps that suit the event, ``levels`` among them as far as they were reached."""
    ahead = sorted({float(level) for level in levels})
    states = event.draw(plan.particles, rng)
    scores = event.scores(states)
    ladder: list[_Rung] = []
    last, step = np.inf, LARGEST_STEP
    while ahead and len(ladder) < plan.levels:
        level = max(float(np.quantile(scores, SHARE)), ahead[-1])
        if level >= last:
            break
        if level == ahead[-1]:
            ahead.pop()
        states, scores = _survivors(states, scores, level, rng)
        for _ in range(plan.sweeps):
            accepted = event.walk(states, scores, level, step, rng)
            step = min(LARGEST_STEP, step * float(np.exp(accepted - ACCEPTED)))
        ladder.append(_Rung(level, step))
        last = level
    return ladder


def _climb(event: Event, ladder: Sequence[_Rung], plan: Plan, rng: np.random.Generator) -> Array:
    """The product of the shares up to each rung, ``(rungs,)``: 0 from where none survives."""
    states = event.draw(plan.particles, rng)
    scores = event.scores(states)
    products, product = np.zeros(len(ladder)), 1.0
    for place, rung in enumerate(ladder):
        product *= float(np.mean(scores <= rung.level))
        products[place] = product
        if not product:
            break
        states, scores = _survivors(states, scores, rung.level, rng)
        for _ in range(plan.sweeps if place + 1 < len(ladder) else 0):
            event.walk(states, scores, rung.level, rung.step, rng)
    return products


def _survivors(states: Array, scores: Array, level: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """As many as there were, of those at or below the level: each as often as the others, or once more."""
    alive = rng.permutation(np.flatnonzero(scores <= level))
    taken = np.resize(alive, len(scores))
    return states[taken], scores[taken]


def _estimated(level: float, found: Array) -> Chance:
    mean, count = float(found.mean()), len(found)
    if mean == 0.0:
        return Chance(level, 0.0, 0.0, 1.0, np.inf, "splitting")
    error = float(found.std(ddof=1) / np.sqrt(count))
    reach = float(student.isf((1 - CONFIDENCE) / 2, count - 1)) * error
    return Chance(level, mean, max(0.0, mean - reach), min(1.0, mean + reach), error / mean, "splitting")
