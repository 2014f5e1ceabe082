"""The Rashomon set of a shallow network: how much of its parameters' space is near a target, and the bound on it.

For f on D = (−1, 1) and the networks h(x) = (1/n) Σ a_j σ(w_j x − b_j), w_j = ±1, |a_j| ≤ A, |b_j| ≤ 1, all uniform,

    P(‖h − f‖ ≤ ε‖f‖) ≤ exp(−n (1 − ε)² ‖f‖⁴ / (2 A² κ²)),    κ = sup |⟨f, σ(w·x − b)⟩|,

because ⟨h, f⟩ must reach (1 − ε)‖f‖² for it and is a mean of independent numbers in [−Aκ, Aκ] with mean 0 (Hoeffding).
No mean of such numbers reaches more than Aκ: where that is less than (1 − ε)‖f‖² the set is empty.

    waves.py   f = s cos(ωx + φ), ‖f‖ = 1: κ in closed form
    units.py   the networks: exact distances, and moves that keep their law
    nnexpr/theory/splitting.py   probabilities where plain sampling finds none

Source: S. Zhang, H. Zhao, Y. Zhong, H. Zhou, "Why shallow networks struggle with approximating and learning high
frequency", arXiv 2306.17301.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from nnexpr.specification import InputError
from nnexpr.theory.rashomon.units import Units
from nnexpr.theory.rashomon.waves import Wave, wave
from nnexpr.theory.splitting import Chance, Plan, sampled, split

__all__ = ["DRAWS", "hoeffding", "rashomon"]

DRAWS = 100_000


def hoeffding(target: Wave, width: int, amplitude: float, error: float) -> float:
    """The bound above for ‖f‖ = 1 and ε = ``error`` < 1."""
    return math.exp(-width * (1 - error) ** 2 / (2 * (amplitude * target.kappa) ** 2))


def rashomon(
    frequency: float,
    width: int,
    *,
    phase: float = 0.0,
    amplitude: float = 100.0,
    errors: Sequence[float] = (0.9, 0.7, 0.5),
    draws: int = DRAWS,
    particles: int = 500,
    repeats: int = 10,
    seed: int = 0,
) -> list[Chance]:
    """P(‖h − f‖ ≤ ε‖f‖) for f = cos(``frequency`` x + ``phase``) scaled to norm 1, one for each ε of ``errors``.

    ``width`` n, ``amplitude`` A. By ``draws`` plain draws, with exact intervals, where these find some; otherwise by
    multilevel splitting of ``particles`` states, the mean of ``repeats`` unbiased estimates; ``"empty"`` where the set
    is. With a seed the numbers are the same on any number of threads.

    Raises :class:`InputError` for a frequency, width, amplitude or number that is not positive, fewer than two repeats,
    and ε outside (0, 1).

    >>> import nnexpr
    >>> [chance.method for chance in nnexpr.rashomon(3.0, 8, amplitude=1.0)]  # A κ is 0.22
    ['empty', 'empty', 'empty']
    """
    for name, value, least in (
        ("frequency", frequency, 0), ("width", width, 0), ("amplitude", amplitude, 0), ("draws", draws, 0),
        ("particles", particles, 0), ("repeats", repeats, 1),
    ):  # fmt: skip
        if not value > least:
            raise InputError(name, value, f"it must be above {least}")
    for error in errors:
        if not 0 < error < 1:
            raise InputError("errors", error, "each must be above 0 and below 1")
    goal = wave(frequency, phase)
    units, possible = Units(goal, width, amplitude), [e for e in errors if amplitude * goal.kappa >= 1 - e]
    plain = sampled(units, possible, draws, np.random.default_rng(seed))
    unseen = [each.level for each in plain if not each.probability]
    plan, threads = Plan(particles=particles, repeats=repeats), torch.get_num_threads()
    rare = split(units, unseen, plan, seed, threads) if unseen else []
    found = {each.level: each for each in [*plain, *rare]}
    return [found.get(error, Chance(error, 0.0, 0.0, 0.0, 0.0, "empty")) for error in errors]
