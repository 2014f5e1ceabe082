"""H6: eight layers of eight units against two of sixteen, which p = N d² calls equal, and shapes that are.

With p = N d² both have 512 parameters. Counted, they have 457 and 49 where N counts affine layers, and 529 and 321
where it counts hidden ones, as in the code. So the claim is measured as printed, and for a second network of two layers
whose width gives it as many parameters as the first one has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count, pairwise
from typing import NamedTuple

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.dynamics.courses import Case, Course, Draws, columns, courses
from nnexpr.experiments.dynamics.settings import PRESETS, Preset
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import median
from nnexpr.theory.cost import parameter_count

__all__ = ["Shape", "beats", "counts", "equal_width", "real", "run", "shapes"]

DEEP, WIDE, EQUAL = "8 × 8", "2 × 16", "as many, really"
PRINTED = {DEEP: 0.2400, WIDE: 0.3178}


class Shape(NamedTuple):
    """By the source's N and d."""

    n: int
    width: int

    @property
    def printed(self) -> int:
        """p = N d²."""
        return self.n * self.width**2


def run(attempt: Attempt) -> Result:
    """Three shapes, the same targets and seeds for each."""
    draws = Draws.of(attempt)
    cases = {
        (preset, name): Case(preset, *shape)
        for preset in PRESETS.values()
        for name, shape in shapes(preset).items()
    }
    done = dict(zip(cases, courses(attempt, list(cases.values()), draws), strict=True))
    found = {preset: {name: done[preset, name] for name in shapes(preset)} for preset in PRESETS.values()}
    claims = [
        claim
        for preset, by_shape in found.items()
        for claim in (*beats(preset, by_shape, attempt.quick), counts(preset))
    ]
    return Result((table(found),), [figure(*each) for each in found.items()], claims)


def shapes(preset: Preset) -> dict[str, Shape]:
    """The source's two, and the one of two layers that has as many parameters as the first."""
    deep = Shape(8, 8)
    return {DEEP: deep, WIDE: Shape(2, 16), EQUAL: Shape(2, equal_width(preset, 2, real(preset, deep)))}


def real(preset: Preset, shape: Shape) -> int:
    """Weights and biases, by the formula of print."""
    return parameter_count([1, *[shape.width] * (preset.depth(shape.n) - 1), 1])


def equal_width(preset: Preset, n: int, parameters: int) -> int:
    """The width with which depth N has nearest to so many."""
    below, above = next(pair for pair in pairwise(count(1)) if real(preset, Shape(n, pair[1])) >= parameters)
    return min(below, above, key=lambda width: abs(real(preset, Shape(n, width)) - parameters))


def beats(preset: Preset, found: Mapping[str, Course], quick: bool) -> Iterable[Claim]:
    """As printed, and for really equal parameters."""
    sizes = shapes(preset)
    for part, other, corrected in (("", WIDE, False), (" equal", EQUAL, True)):
        ratio = median(found[DEEP].losses[-1] / found[other].losses[-1])
        shape = sizes[other]
        yield judged(
            f"H6{part}{preset.part}",
            f"N = 8, d = 8 beats N = {shape.n}, d = {shape.width}, which has {real(preset, shape)} parameters for its "
            f"{real(preset, sizes[DEEP])} ({preset.name})",
            "< 1", ratio.told, "final losses on the same targets, median ratio with its 95 % interval", ratio.high < 1,
            corrected=corrected, quick=quick, fails_if="the interval of the median ratio of the losses reaches 1",
        )  # fmt: skip


def counts(preset: Preset) -> Claim:
    """That both have 512."""
    deep, wide = (real(preset, shapes(preset)[name]) for name in (DEEP, WIDE))
    return judged(
        f"H6 counts{preset.part}", f"8 × 8 and 2 × 16 have the same number of parameters ({preset.name})",
        "512 and 512, by p = N d²", f"{deep} and {wide}", "exact", deep == wide,
        fails_if="the weights and biases of both, counted, are not as many",
        why="p = N d² counts a layer of d² weights for the first and the last layer too, which have d, and no biases.",
    )  # fmt: skip


def table(found: Mapping[Preset, Mapping[str, Course]]) -> Table:
    """Losses in the target's own units, since the printed ones are."""
    return Table.of(
        "Final losses over the target's variance beside the printed ones, which are of one target of variance 1.33",
        [
            {"preset": preset.name, "shape": name, "N": shapes(preset)[name].n, "d": shapes(preset)[name].width,
             "p = N d²": shapes(preset)[name].printed, "parameters": real(preset, shapes(preset)[name]),
             **columns(course.losses[-1], "loss"), "printed": PRINTED.get(name)}
            for preset, by_shape in found.items()
            for name, course in by_shape.items()
        ],
    )  # fmt: skip


def figure(preset: Preset, found: Mapping[str, Course]) -> Figure:
    """Losses over epochs."""
    epochs = next(iter(found.values())).epochs[1:]
    series = {name: np.median(course.losses[1:], axis=1) for name, course in found.items()}
    return Figure.over(
        epochs, series, f"Median loss of the shapes, {preset.name}", "epoch", "loss", log_x=True
    )
