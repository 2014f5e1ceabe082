"""H4: at depth N = 2, wider networks fit tighter, and their early stage is shorter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.dynamics.courses import HIGH, Case, Course, by_preset, columns
from nnexpr.experiments.dynamics.over_time import matched
from nnexpr.experiments.dynamics.settings import Preset
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, Estimate, median

__all__ = ["ByWidth", "run", "shorter", "tighter"]

N, WIDTHS = 2, (32, 64, 128)

ByWidth = Mapping[int, Course]


def run(attempt: Attempt) -> Result:
    """Both presets, the same targets for every width."""
    found = by_preset(attempt, {width: (N, width) for width in WIDTHS})
    claims = [
        claim
        for each in found.items()
        for claim in (tighter(*each, attempt.quick), *shorter(*each, attempt.quick))
    ]
    return Result((table(found),), [figure(*each) for each in found.items()], claims)


def tighter(preset: Preset, found: ByWidth, quick: bool) -> Claim:
    """By the final losses of the same targets."""
    ratios = {
        f"{wide} over {narrow}": median(found[wide].losses[-1] / found[narrow].losses[-1])
        for narrow, wide in pairwise(found)
    }
    return judged(
        f"H4{preset.part}", f"At depth {N}, wider networks fit tighter ({preset.name})", "< 1", _told(ratios),
        "final losses on the same targets, medians of ratios with 95 % intervals",
        all(each.high < 1 for each in ratios.values()), quick=quick,
        fails_if="for a doubled width the interval of the median ratio of the losses reaches 1",
    )  # fmt: skip


def shorter(preset: Preset, found: ByWidth, quick: bool) -> Iterable[Claim]:
    """By the knees, and by when mean and tilt are matched."""
    for part, what, values in (
        ("knee", "the knee of the loss is earlier", {width: course.knees[0] for width, course in found.items()}),
        ("matched", "mean and tilt are matched sooner",
         {width: np.maximum(*matched(course)) for width, course in found.items()}),
    ):  # fmt: skip
        steps = {
            f"{wide} less {narrow}": median(_less(values[wide], values[narrow]))
            for narrow, wide in pairwise(found)
        }
        yield judged(
            f"H4 {part}{preset.part}", f"With greater width the early stage is shorter: {what} ({preset.name})", "< 0",
            _told(steps), "epochs on the same targets, medians of differences with 95 % intervals; "
            "what never comes is infinitely late",
            all(each.high < 0 for each in steps.values()), quick=quick,
            fails_if="for a doubled width the interval of the median difference reaches 0",
            why="" if preset.height else "Equation (1) has mean 0: many networks begin with both.",
        )  # fmt: skip


def _less(wide: Array, narrow: Array) -> Array:
    """Differences of epochs; what never was, NaN or infinite, is infinitely late, and 0 after what never was either."""
    wide, narrow = (np.where(np.isnan(each), np.inf, each) for each in (wide, narrow))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isinf(wide) & np.isinf(narrow), 0.0, wide - narrow))


def _told(found: Mapping[str, Estimate]) -> str:
    return "; ".join(f"{what}: {each.told}" for what, each in found.items())


def table(found: Mapping[Preset, ByWidth]) -> Table:
    """Losses and epochs."""
    return Table.of(
        "By width: final loss over the target's variance, and epochs; medians with 95 % intervals of the loss",
        [
            {"preset": preset.name, "d": width, "parameters": Case(preset, N, width).network(1, 0).parameter_count,
             **columns(course.losses[-1], "loss"), "knee": median(course.knees[0]).value,
             "with a knee": float(np.isfinite(course.knees[0]).mean()),
             "mean and tilt matched": float(np.median(np.maximum(*matched(course)))),
             f"captured from mode {HIGH} on": float(np.median(course.captured(HIGH)[-1]))}
            for preset, by_width in found.items()
            for width, course in by_width.items()
        ],
    )  # fmt: skip


def figure(preset: Preset, found: ByWidth) -> Figure:
    """Losses over epochs."""
    epochs = next(iter(found.values())).epochs[1:]
    series = {f"d = {width}": np.median(course.losses[1:], axis=1) for width, course in found.items()}
    return Figure.over(
        epochs, series, f"Median loss by width, {preset.name}", "epoch", "loss", log_x=True, log_y=True
    )
