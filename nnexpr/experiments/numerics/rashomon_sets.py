"""Z15: how likely parameters near a wave are, over frequency, width and error, and the bound beside it.

The networks are the talk's, in one dimension: (1/n) Σ a_j σ(w_j x − b_j), all parameters uniform, with A = 100. The
waves are those that the talk's condition holds for, cos kπx and sin ωx with tan ω = ω.

P of the set has two reasons to be small: a network of random units is seldom near anything, and a wave is further off
the higher it is. So beside P(‖h − f‖ ≤ ε‖f‖) stands P(‖h‖ ≤ ε‖f‖), the same ball about zero. What their quotient falls
by is the price of the frequency.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.theory.rashomon import hoeffding
from nnexpr.theory.rashomon.units import Units
from nnexpr.theory.rashomon.waves import Wave, orthogonal_waves
from nnexpr.theory.splitting import Chance, Plan, sampled, split

__all__ = ["Cell", "below", "by_frequency", "run"]

AMPLITUDE = 100.0
ERRORS = (0.9, 0.7, 0.5)
TOLD = 0.5  # the error that the exponent is told for
WAVES, QUICK_WAVES = 7, 4
WIDTHS, QUICK_WIDTHS = (8, 16, 32, 64), (8, 32)
DRAWS, QUICK_DRAWS = 200_000, 20_000
PLAN, QUICK_PLAN = Plan(), Plan(particles=100, repeats=5)
HIGHEST = 3  # frequencies that the exponent is fitted over
PRINTED, CORRECTED, TOLERANCE = -4.0, 4.0, 0.5


@dataclass(frozen=True)
class Cell:
    """Of one wave and width: what plain sampling and what splitting found for each of ``ERRORS``."""

    wave: Wave
    width: int
    plain: Sequence[Chance]
    rare: Sequence[Chance]

    @property
    def chances(self) -> list[Chance]:
        """Those of plain sampling where it found some."""
        return [
            plain if plain.probability else rare for plain, rare in zip(self.plain, self.rare, strict=True)
        ]

    def bound(self, error: float) -> float:
        """Of the talk."""
        return hoeffding(self.wave, self.width, AMPLITUDE, error)


Prices = Mapping[float, float]  # −ln of P of the set over P of the ball about zero, by frequency


def run(attempt: Attempt) -> Result:
    """Every wave and width, and the balls about zero for the largest one."""
    waves = orthogonal_waves(attempt.choose(WAVES, QUICK_WAVES))
    widths = attempt.choose(WIDTHS, QUICK_WIDTHS)
    pairs = [(wave, width) for width in widths for wave in waves]
    parts = attempt.each(pairs, partial(_both, attempt), _named, end=0.98)
    cells = [Cell(*pair, *(_chances(each) for each in part)) for pair, part in zip(pairs, parts, strict=True)]
    plan = attempt.choose(PLAN, QUICK_PLAN)
    about_zero = _chances(
        attempt.kept("about zero", partial(_split, waves[0], widths[-1], plan, attempt.seed, 0.0))
    )
    attempt.report(1.0)
    wide = [cell for cell in cells if cell.width == widths[-1]]
    prices = {cell.wave.frequency: _price(cell, about_zero) for cell in wide}
    claims = (below(cells), by_frequency(prices, attempt.quick))
    return Result(_tables(cells, about_zero), _figures(cells, wide, waves[-1 - len(waves) // 3]), claims)


def _named(pair: tuple[Wave, int]) -> str:
    return f"n = {pair[1]}, ν = {pair[0].frequency:.4g}"


def _both(attempt: Attempt, pair: tuple[Wave, int]) -> tuple[list[Chance], list[Chance]]:
    wave, width = pair
    draws, plan = attempt.choose((DRAWS, PLAN), (QUICK_DRAWS, QUICK_PLAN))
    rng = np.random.default_rng(attempt.seed)
    return sampled(Units(wave, width, AMPLITUDE), ERRORS, draws, rng), _split(*pair, plan, attempt.seed)


def _split(wave: Wave, width: int, plan: Plan, seed: int, share: float = 1.0) -> list[Chance]:
    return split(Units(wave, width, AMPLITUDE, share), ERRORS, plan, seed, torch.get_num_threads())


def _chances(kept: Sequence[Any]) -> list[Chance]:
    """As JSON has them."""
    return [Chance(**each) for each in kept]


def _price(cell: Cell, about_zero: Sequence[Chance]) -> float:
    at = ERRORS.index(TOLD)
    return _exponent(cell.rare[at].probability) - _exponent(about_zero[at].probability)


def _exponent(probability: float) -> float:
    """−ln P; NaN where none was found."""
    return -math.log(probability) if probability > 0 else math.nan


def below(cells: Sequence[Cell]) -> Claim:
    """The bound, against the lower ends of all intervals."""
    found = [(cell, chance) for cell in cells for chance in cell.chances if chance.probability > 0]
    ratios = [_exponent(chance.probability) / _exponent(cell.bound(chance.level)) for cell, chance in found]
    nearest, (cell, chance) = min(ratios), found[int(np.argmin(ratios))]
    return judged(
        "Z15", "P(R_ε) ≤ exp(−n(1 − ε)²‖f‖⁴/(2A²κ²))", "never above the bound",
        f"{len(found)} probabilities, down to {min(chance.probability for _, chance in found):.1g}; −ln P is at least "
        f"{nearest:.3g} times that of the bound ({_named((cell.wave, cell.width))}, ε = {chance.level:g})",
        "95 % intervals", all(chance.low <= cell.bound(chance.level) for cell, chance in found),
        fails_if="the lower end of some interval is above the bound",
    )  # fmt: skip


def by_frequency(prices: Prices, quick: bool) -> Claim:
    """The exponent p of −ln P ~ ν^p, over the highest frequencies there are."""
    highest = sorted(frequency for frequency, price in prices.items() if price > 0)[-HIGHEST:]
    logs = np.log([prices[frequency] for frequency in highest])
    slope = float(np.polyfit(np.log(highest), logs, 1)[0]) if len(highest) == HIGHEST else math.nan
    printed, corrected = (abs(slope - p) <= TOLERANCE for p in (PRINTED, CORRECTED))
    return judged(
        "Z15 frequency", "P(R_ε) ~ exp(−O(ν⁻⁴)); as corrected exp(−O(ν⁴)), since κ ~ ν⁻²",
        f"ν^{PRINTED:g}; as corrected ν^{CORRECTED:g}", slope, TOLERANCE, printed or corrected, corrected=not printed,
        fails_if=f"−ln P, less that of the same ball about zero, grows over the {HIGHEST} highest frequencies by no "
        f"power within {TOLERANCE} of either",
        quick=quick,
    )  # fmt: skip


def _tables(cells: Sequence[Cell], about_zero: Sequence[Chance]) -> tuple[Table, ...]:
    rows = [
        {
            "case": f"{_named((cell.wave, cell.width))}, ε = {plain.level:g}",
            "−ln P": _exponent(rare.probability),
            "−ln bound": _exponent(cell.bound(plain.level)),
            "by splitting": rare.probability,
            "split from": rare.low,
            "split to": rare.high,
            "relative error": rare.relative_error,
            "by sampling": plain.probability,
            "from": plain.low,
            "to": plain.high,
        }
        for cell in cells
        for plain, rare in zip(cell.plain, cell.rare, strict=True)
    ]  # fmt: skip
    waves = dict.fromkeys(cell.wave for cell in cells)
    seen = [
        {
            "ν": wave.frequency,
            "wave": "sin" if wave.phase else "cos",
            "κ": wave.kappa,
            "κν²": wave.kappa * wave.frequency**2,
        }
        for wave in waves
    ]
    zero = [
        {"ε": each.level, "P": each.probability, "from": each.low, "to": each.high} for each in about_zero
    ]
    return (
        Table.of(f"P(‖h − f‖ ≤ ε‖f‖), A = {AMPLITUDE:g}", rows),
        Table.of("What a ReLU sees of each wave", seen),
        Table.of(f"The same ball about zero, n = {max(cell.width for cell in cells)}", zero),
    )


def _figures(cells: Sequence[Cell], wide: Sequence[Cell], told: Wave) -> tuple[Figure, ...]:
    narrow = [cell for cell in cells if cell.wave == told]
    return (
        _figure(wide, [cell.wave.frequency for cell in wide], f"Over frequency, n = {wide[0].width}", "ν"),
        _figure(narrow, [float(cell.width) for cell in narrow], f"Over width, ν = {told.frequency:.4g}", "n"),
    )


def _figure(cells: Sequence[Cell], across: Sequence[float], title: str, label: str) -> Figure:
    series = {
        f"ε = {error:g}": [_exponent(cell.rare[at].probability) for cell in cells]
        for at, error in enumerate(ERRORS)
    }
    series[f"bound, ε = {TOLD:g}"] = [_exponent(cell.bound(TOLD)) for cell in cells]
    return Figure.over(across, series, title, label, "−ln P", log_x=True, log_y=True)
