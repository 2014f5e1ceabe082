"""H5: at width d = 2, what networks of depth 4, 16 and 64 make of a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.dynamics.courses import Case, Course, by_preset, columns
from nnexpr.experiments.dynamics.settings import Preset
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import median, share

__all__ = ["ByDepth", "collapsed", "judge", "run"]

WIDTH, DEPTHS = 2, (4, 16, 64)
CONSTANT = 0.01  # of the target's range: an output that moves by less is called constant
COLLAPSED, LINEAR, MATCHED = 0.9, 0.8, 0.1

ByDepth = Mapping[int, Course]


def run(attempt: Attempt) -> Result:
    """Both presets, the same targets for every depth."""
    found = by_preset(attempt, {depth: (depth, WIDTH) for depth in DEPTHS})
    claims = [claim for each in found.items() for claim in judge(*each, attempt.quick)]
    return Result((table(found),), [figure(*each) for each in found.items()], claims)


def collapsed(course: Course, place: int = -1) -> NDArray[np.bool_]:
    """Which pairs end with a constant output; with place 0 which begin with one."""
    return np.asarray(course.ranges[place] < CONSTANT)


def judge(preset: Preset, found: ByDepth, quick: bool) -> Iterable[Claim]:
    """What is said of each depth."""
    low, middle, deep = DEPTHS
    gone = share(collapsed(found[deep]))
    yield judged(
        f"H5{preset.part}", f"At width {WIDTH} and depth {deep} networks collapse to a constant ({preset.name})",
        f"≥ {COLLAPSED:g}", gone.told, f"share whose output ends within {CONSTANT:g} of the target's range",
        not quick and gone.value >= COLLAPSED, quick=quick, fails_if=f"fewer than {COLLAPSED:g} of them collapse",
    )  # fmt: skip
    mean = median(found[deep].mean[-1])
    yield judged(
        f"H5 mean{preset.part}", f"At depth {deep} they match the mean all the same ({preset.name})", f"≤ {MATCHED:g}",
        mean.told, "error of the mean at the end over the target's size, median",
        not quick and mean.value <= MATCHED, quick=quick,
        fails_if=f"the median error of the mean is above {MATCHED:g}",
    )  # fmt: skip
    line = median(found[low].straight[-1][~collapsed(found[low])])
    yield judged(
        f"H5 linear{preset.part}", f"At depth {low} their fits are fairly linear ({preset.name})", f"≥ {LINEAR:g}",
        line.told, "share of the straight line at the end, median of those not collapsed",
        None if collapsed(found[low]).all() else not quick and line.value >= LINEAR, quick=quick,
        fails_if=f"the median share of the straight line is below {LINEAR:g}",
    )  # fmt: skip
    steeper = share(found[middle].steepest > found[low].steepest)
    yield judged(
        f"H5 sharper{preset.part}", f"At depth {middle} they try sharper features than at {low} ({preset.name})",
        "> 0.5", steeper.told, "share of the targets on which the steepest slope is larger, 95 % interval",
        steeper.low > 0.5, quick=quick,
        fails_if="the interval of that share reaches down to a half; of two constants neither is steeper",
        why=f"At depth {middle} {int(collapsed(found[middle]).sum())} of {found[middle].pairs} end as a constant.",
    )  # fmt: skip


def table(found: Mapping[Preset, ByDepth]) -> Table:
    """What became of them."""
    return Table.of(
        f"By depth, width {WIDTH}: shares and medians at the end, relative to the target's size",
        [
            {"preset": preset.name, "N": depth, "parameters": Case(preset, depth, WIDTH).network(1, 0).parameter_count,
             "collapsed": float(collapsed(course).mean()), "constant at first": float(collapsed(course, 0).mean()),
             **columns(course.losses[-1], "loss"),
             "mean": float(np.median(course.mean[-1])), "straight line": median(course.straight[-1]).value,
             "turning points": float(np.median(course.turns[1])), "steepest slope": float(np.median(course.steepest))}
            for preset, by_depth in found.items()
            for depth, course in by_depth.items()
        ],
    )  # fmt: skip


def figure(preset: Preset, found: ByDepth) -> Figure:
    """Losses over epochs."""
    epochs = next(iter(found.values())).epochs[1:]
    series = {f"N = {depth}": np.median(course.losses[1:], axis=1) for depth, course in found.items()}
    return Figure.over(
        epochs, series, f"Median loss by depth, width {WIDTH}, {preset.name}", "epoch", "loss", log_x=True
    )
