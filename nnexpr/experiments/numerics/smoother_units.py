"""Z14: smoother units learn high modes more slowly; Adam at first.

ReLU² has a kernel two powers smoother than ReLU's, tanh one whose eigenvalues fall faster than any power. With fixed
biases the flow is linear and its times follow in closed form; with trained ones networks are trained. tanh is trained
in modes of up to 1.5 turns: 2 turns take it some 50,000 epochs.

Adam's first steps have the length of its rate in every coordinate, whatever the gradient: h moves by J sign(Jᵀ r), and
so a mode φ by Σ |Jᵀ φ|, where gradient descent has Σ (Jᵀ φ)². As far as powers of m go the first is the root of the
second, and the exponent half. Of a target of many modes the signs are those of the lowest, for which the others wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Result
from nnexpr.experiments.judging import judged
from nnexpr.experiments.numerics.halving import Setting, waves
from nnexpr.experiments.numerics.timed_modes import (
    MEMBERS,
    Case,
    Timed,
    exponent_table,
    law_figure,
    time_all,
    time_table,
)

__all__ = ["cases", "follows", "ordered", "run"]

ACTIVATIONS = {"ReLU": "relu", "ReLU²": "relu2", "tanh": "tanh"}  # from rough to smooth
COMMON = (1, 1.5)  # turns of the modes in which all are trained
UNITS = 200
BOTH, FIXED = "a and b", "a, fixed biases"
DESCENT, ADAM, AT_ONCE = "gradient descent", "Adam", "Adam, all modes at once"
ADAM_RATE = 3e-5  # so that the modes take tens to thousands of steps


def run(attempt: Attempt) -> Result:
    """Every case."""
    found = time_all(attempt, cases(attempt))
    smooth = {what: {label: found[f"{what}, {label}"] for label in ACTIVATIONS} for what in (BOTH, FIXED)}
    steps = [{what: found[f"{what}, {how}"] for what in (BOTH, FIXED)} for how in (DESCENT, ADAM, AT_ONCE)]
    claims = (
        ordered(
            "Z14",
            "The smoother the activation, the slower high modes: a and b trained",
            smooth[BOTH],
            quick=attempt.quick,
        ),
        ordered(
            "Z14 fixed biases", "The same of the flow with fixed biases", smooth[FIXED], quick=attempt.quick
        ),
        follows(*steps, quick=attempt.quick),
    )
    figures = [law_figure(kinds, what) for what, kinds in smooth.items()]
    return Result((time_table(found), exponent_table(found)), figures, claims)


def cases(attempt: Attempt) -> list[Case]:
    """Units of each kind; then gradient descent and Adam, of ReLUs."""
    base = Setting(members=attempt.choose(*MEMBERS), seed=attempt.seed)
    high = attempt.choose((2, 3), ())
    kinds = []
    for label, activation in ACTIVATIONS.items():
        setting = replace(base, activation=activation, units=UNITS)
        trained = COMMON if activation == "tanh" else (*COMMON, *high)
        kinds.append(Case(f"{BOTH}, {label}", setting, waves(*trained)))
        kinds.append(Case(f"{FIXED}, {label}", setting.fixed, waves(*COMMON, 2, 3), by_formula=True))
    modes = {
        BOTH: waves(*attempt.choose((2, 3, 4, 6, 8), (2, 3, 4))),
        FIXED: waves(*attempt.choose((2, 3, 4, 5), (2, 3))),
    }
    adam = replace(base, adam=ADAM_RATE)
    steps = [
        Case(f"{BOTH}, {DESCENT}", base, modes[BOTH]),
        Case(f"{FIXED}, {DESCENT}", base.fixed, modes[FIXED], by_formula=True),
        Case(f"{BOTH}, {ADAM}", adam, modes[BOTH]),
        Case(f"{FIXED}, {ADAM}", adam.fixed, modes[FIXED]),
        Case(f"{BOTH}, {AT_ONCE}", adam, modes[BOTH], together=True),
        Case(f"{FIXED}, {AT_ONCE}", adam.fixed, modes[FIXED], together=True),
    ]
    return kinds + steps


def ordered(name: str, statement: str, found: Mapping[str, Timed], *, quick: bool) -> Claim:
    """``found`` from rough to smooth, the common modes first."""
    common = {label: each.first(len(COMMON)) for label, each in found.items()}
    ends = [each.exponent[1:] for each in common.values()]
    apart = all(high < low for (_, high), (low, _) in pairwise(ends))
    low, high = COMMON
    return judged(
        name, f"{statement} (exponents between {low:g} and {high:g} turns)", "ReLU < ReLU² < tanh",
        "; ".join(f"{label} {each.told}" for label, each in common.items()), "95 % intervals apart", apart,
        quick=quick,
        fails_if="the interval of a smoother unit's exponent begins below the end of a rougher one's",
    )  # fmt: skip


def follows(
    descent: Mapping[str, Timed], adam: Mapping[str, Timed], at_once: Mapping[str, Timed], *, quick: bool
) -> Claim:
    """Judged with trained and with fixed biases, of each mode alone; what comes of all at once is told beside it."""
    same, half = (
        all(each.is_near(share * descent[what].exponent[0]) for what, each in adam.items()) for share in (1, 1 / 2)
    )  # fmt: skip
    exponents = {what: each.exponent[0] for what, each in descent.items()}
    return judged(
        "Z14 Adam", "At first Adam follows a similar law; as its first steps follow signs, with half the exponent",
        "printed {:.2f} and {:.2f}, gradient descent's; corrected {:.2f} and {:.2f}".format(
            *exponents.values(), *(p / 2 for p in exponents.values())
        ),
        "; ".join(f"{what}: {each.told}, all modes at once {at_once[what].told}" for what, each in adam.items()),
        "0.5, of the 95 % interval over the starts",
        same or half, corrected=not same, quick=quick,
        fails_if="with trained or with fixed biases the interval of Adam's exponent reaches more than 0.5 from "
        "gradient descent's, and from half of it",
    )  # fmt: skip
