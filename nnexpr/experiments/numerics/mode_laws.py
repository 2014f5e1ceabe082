"""Z13: the time to halve a mode by its frequency, with trained and with fixed biases, and what the law depends on.

In the flow of the tangent kernel a mode of m turns has the eigenvalue n/2 (E[a²] (πm)⁻² + (πm)⁻⁴) or so: the first term
is of the biases, the second of the a. So with |a| of 1 the exponent is 2, with fixed biases or small a it is 4. Two
things make a mode take longer than that: waves so short that few units stand in each, whose a then decide; and an
error so large that units would have to move by more than half a wave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result
from nnexpr.experiments.judging import judged
from nnexpr.experiments.numerics.halving import Setting, eigenmodes, error_history, waves
from nnexpr.experiments.numerics.timed_modes import (
    MEMBERS,
    Case,
    Timed,
    exponent_table,
    law_figure,
    time_all,
    time_table,
)

__all__ = ["at_least_linear", "cases", "near", "run"]

BOTH, FIXED = "a and b", "a, fixed biases"
FOURIER, GRAM = "Fourier modes", "Gram modes"


def run(attempt: Attempt) -> Result:
    """Every case; one claim is about all, the others are about a pair of kinds of modes each."""
    history = _errors_over_time(attempt)
    found = time_all(attempt, cases(attempt), begin=0.1)
    pairs = {what: {kind: found[f"{what}, {kind}"] for kind in (FOURIER, GRAM)} for what in (BOTH, FIXED)}
    claims = (
        at_least_linear(found),
        near(
            "Z13 a and b", "Where a and b are trained and |a| is about 1, halving mode m takes O(m²) steps",
            2, pairs[BOTH], quick=attempt.quick,
        ),
        near(
            "Z13 fixed biases", "With fixed biases it takes O(m⁴) steps", 4, pairs[FIXED], quick=attempt.quick
        ),
    )  # fmt: skip
    law = law_figure({what: pair[FOURIER] for what, pair in pairs.items()})
    return Result((time_table(found), exponent_table(found)), (law, history), claims)


def _errors_over_time(attempt: Attempt) -> Figure:
    """Of a target of several modes, a and b trained."""
    modes = waves(1, 2, 4, 8)
    setting = Setting(members=attempt.choose(*MEMBERS), seed=attempt.seed)
    attempt.report(0.0, "errors over time")
    times, errors = attempt.kept(
        "errors over time",
        lambda: [each.tolist() for each in error_history(setting, modes, attempt.choose(4000, 100))],
    )
    series = {
        f"{turns:g} turn{'s' * (turns > 1)}": own[1:]
        for turns, own in zip(modes.turns, zip(*errors, strict=True), strict=True)
    }
    title = "Errors by mode over time, all modes at once, a and b trained"
    return Figure.over(times[1:], series, title, "t", "error over that at first", log_x=True, log_y=True)


def cases(attempt: Attempt) -> list[Case]:
    """What is judged first, then what the law depends on."""
    base = Setting(members=attempt.choose(*MEMBERS), seed=attempt.seed)
    few = waves(*attempt.choose((2, 3, 4, 6), (2, 3)))
    return [
        Case(f"{BOTH}, {FOURIER}", base, waves(*attempt.choose((2, 3, 4, 6, 8), (2, 3, 4)))),
        Case(f"{BOTH}, {GRAM}", base, eigenmodes(*attempt.choose((4, 6, 8, 11, 16), (4, 6, 8)))),
        Case(f"{FIXED}, {FOURIER}", base.fixed, waves(*attempt.choose((1, 2, 3, 4), (1, 2)))),
        Case(f"{FIXED}, {GRAM}", base.fixed, eigenmodes(*attempt.choose((3, 4, 5, 6, 8), (3, 4, 5)))),
        Case(f"{BOTH}, all modes at once", base, few, together=True),
        Case(f"{BOTH}, a quarter of the units", replace(base, units=base.units // 4), few),
        Case(f"{BOTH}, error ten times as large", replace(base, size=10 * base.size), few),
        Case(f"{BOTH}, a ten times as small", replace(base, spread=base.spread / 10), few.first(3)),
    ]


def at_least_linear(found: Mapping[str, Timed]) -> Claim:
    """The theorem's bound, in every case."""
    lows = {name: each.exponent[1] for name, each in found.items()}
    least = min(lows, key=lambda name: lows[name])
    return judged(
        "Z13", "Halving the error in mode m takes at least O(m) steps, whatever is trained and from where",
        "≥ 1", f"least: {found[least].told}, {least}", "95 % interval over the starts", lows[least] >= 1,
        fails_if="in one of the settings the interval of the exponent over the starts reaches below 1",
    )  # fmt: skip


def near(name: str, statement: str, exponent: float, found: Mapping[str, Timed], *, quick: bool) -> Claim:
    """By both kinds of modes."""
    return judged(
        name, statement, exponent, "; ".join(f"{kind}: {each.told}" for kind, each in found.items()),
        "0.5, of the 95 % interval over the starts", all(each.is_near(exponent) for each in found.values()),
        quick=quick,
        fails_if=f"the interval of the exponent reaches more than 0.5 from {exponent:g}, by either kind of modes",
    )  # fmt: skip
