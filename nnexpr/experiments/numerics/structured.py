"""Z18, Z19, Z20: functions as compositions and as sums of stretched pieces, and what fitting in pieces spares."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.numerics.pieces import PIECES, WAYS, both, by_size, degrees, lower
from nnexpr.networks.knots import adaptive_knots
from nnexpr.targets import target
from nnexpr.theory.decomposition import Composition, Division, Function, stretched_bump, waves_in_turn

__all__ = ["Gradients", "composed", "divided", "gradients", "identity", "run", "smoother", "waves_are_halved"]

Array = NDArray[np.float64]
Gradients = tuple[tuple[float, float], ...]  # largest, and root mean square: of f, f_1 and f_2

POINTS = 100_000
PRINTED, FLAT = 0.1, 0.3  # the split of example 1, and one where the bump is flat enough to be compressed
WAVES = 4  # n of example 2
TARGETS = ("gaussian_bump", "sine16", "chirp", "localized_sine", "arctan25")
QUICK_TARGETS = ("sine16", "arctan25")
SIZES = (2, 4, 8, 16, 32)  # numbers of pieces, of the figure
MEMBERS, QUICK_MEMBERS = 10, 1


def run(attempt: Attempt) -> Result:
    """The two examples, the identity, and fits of functions whole and in pieces."""
    x = np.linspace(-1, 1, POINTS)
    attempt.report(0.0, "identities")
    bump, flat, waves = stretched_bump(PRINTED), stretched_bump(FLAT), waves_in_turn(WAVES)
    slopes = {"example 1": gradients(bump, x), f"example 1, split at {FLAT}": gradients(flat, x),
              "example 2": gradients(waves, x)}  # fmt: skip
    printed, corrected, halves = slopes.values()
    functions = {name: function_of(name) for name in attempt.choose(TARGETS, QUICK_TARGETS)}
    off = max(identity(f, x, attempt.seed) for f in functions.values())
    members = attempt.choose(MEMBERS, QUICK_MEMBERS)
    cases = list(product(functions, WAYS))
    errors = {
        (name, way): both(functions[name], PIECES, way, members, attempt.seed)
        for name, way in attempt.over(cases, " ".join, begin=0.1, end=0.9)
    }
    figure = by_size(functions["sine16"], SIZES, "sine16")
    attempt.report(1.0)
    rows: list[list[Cell]] = [[name, way, *pair, pair[0] / pair[1]] for (name, way), pair in errors.items()]
    tables = (
        Table(
            "Gradients: largest and root mean square", ("", "f", "f_1", "f_2"),
            [(name, *(f"{most:.3g}, {mean:.3g}" for most, mean in found)) for name, found in slopes.items()],
        ),
        Table(
            f"Relative error with {degrees(PIECES)} degrees of freedom",
            ("target", "fitted by", "one network", f"{PIECES} pieces", "ratio"), rows,
        ),
    )  # fmt: skip
    claims = (
        composed("Z18", "Example 1", bump, x), smoother(printed, corrected),
        composed("Z19", "Example 2", waves, x), waves_are_halved(halves), divided(off), *lower(errors),
    )  # fmt: skip
    return Result(tables, (figure,), claims)


def function_of(name: str) -> Function:
    """Of the catalogue, from ``(points,)`` to ``(points,)``."""
    found = target(name, points=2).function
    assert found is not None  # noqa: S101 - the catalogue's entries have one
    return lambda x: found(np.asarray(x)[:, None])


def composed(name: str, example: str, found: Composition, x: Array) -> Claim:
    """Z18 and Z19."""
    off = float(np.abs(found.whole(x) - found.outer(found.inner(x))).max())
    return judged(
        name, f"{example}: f = f_2 ∘ f_1", 0.0, off, 1e-14, off <= 1e-14,
        fails_if=f"the two sides differ by more than 1e-14 at one of {POINTS:,} points",
    )  # fmt: skip


def gradients(found: Composition, x: Array) -> Gradients:
    """Of f, f_1 and f_2 by difference quotients."""
    slopes = [np.diff(each(x)) / np.diff(x) for each in (found.whole, found.inner, found.outer)]
    return tuple((float(np.abs(each).max()), float(np.sqrt(np.mean(each**2)))) for each in slopes)


def smoother(printed: Gradients, flat: Gradients) -> Claim:
    """Z18 gradients: as printed, and with the split where the bump is flat."""
    below = [max(first[0], second[0]) < whole[0] for whole, first, second in (printed, flat)]
    measured = "; ".join(
        f"{split}: {each[1][0]:.3g} and {each[2][0]:.3g}"
        for split, each in ((PRINTED, printed), (FLAT, flat))
    )
    return judged(
        "Z18 gradients", f"The parts of example 1 are smoother than f (split at {PRINTED}, as printed, or at {FLAT})",
        f"largest gradients below {printed[0][0]:.3g}", measured, "", any(below), corrected=not below[0],
        fails_if="with either split a part has a gradient as large as f's",
    )  # fmt: skip


def waves_are_halved(found: Gradients) -> Claim:
    """Z19 gradients."""
    (most, mean), *parts = found
    return judged(
        "Z19 gradients", "The parts of example 2 have gradients no larger than f's, and smaller in the mean square",
        f"{most:.3g} at most, below {mean:.3g} in the mean", ", ".join(f"{a:.3g} and {b:.3g}" for a, b in parts), "",
        all(a <= most * (1 + 1e-9) and b < mean for a, b in parts),
        fails_if="a part has a larger gradient than f somewhere, or one as large in the root mean square",
    )  # fmt: skip


def identity(f: Function, x: Array, seed: int) -> float:
    """The largest difference of f and its pieces put together, with even, adaptive and random breaks."""
    drawn = np.sort(np.random.default_rng(seed).uniform(-1, 1, PIECES - 1))
    coarse = np.linspace(-1, 1, 2001)
    ways = (
        np.linspace(-1, 1, PIECES + 1),
        adaptive_knots(PIECES + 1, (coarse, f(coarse))),
        np.concatenate([[-1.0], drawn, [1.0]]),
    )
    return max(float(np.abs(Division(f, breaks).rebuilt(x) - f(x)).max()) for breaks in ways)


def divided(off: float) -> Claim:
    """Z20."""
    return judged(
        "Z20", "f(x) = Σ f_i(ψ_i(x)) − Σ f(x_i), with the ψ_i as a network of 2n ReLUs", 0.0, off, 1e-13, off <= 1e-13,
        fails_if=f"for one function and one way to place breaks the sides differ by more at one of {POINTS:,} points",
    )  # fmt: skip
