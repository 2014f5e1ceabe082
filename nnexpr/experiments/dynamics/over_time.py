"""H1, H2, H3: how a fit begins, when its early stage is over, and in which order frequencies are learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Figure, Map, Result, Table
from nnexpr.experiments.dynamics.courses import MATCHED, MODES, Case, Course, Draws, columns, courses
from nnexpr.experiments.dynamics.settings import PRESETS, Preset
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median, share
from nnexpr.training.fronts import rank_correlation, reached

__all__ = ["early_stage", "frequencies", "halved", "matched", "run", "straight_line"]

N, WIDTH = 3, 16
STRAIGHT = 0.95  # share of the straight line
EARLY = 150  # epochs
SLOWER = 0.1
STRAIGHT_LINE = "straight line"
NEARLY_LEVEL = (
    "The line is nearly level, so the little that the fit bends is much of how it moves: see H1 bends."
)
NO_HEIGHT = "Equation (1) has mean 0 and little tilt: matching both takes little from the loss, whose knee comes later."
DRAWN = (1, 2, 3, 5, 8, 10)  # modes in the figures
TOLD = (0, 10, 20, 50, 100, 150, 200, 500, 1000)  # epochs in the table, or the looks before them


def run(attempt: Attempt) -> Result:
    """Both presets."""
    draws = Draws.of(attempt)
    cases = [Case(preset, N, WIDTH) for preset in PRESETS.values()]
    found = dict(zip(PRESETS.values(), courses(attempt, cases, draws), strict=True))
    claims: list[Claim] = []
    for preset, course in found.items():
        claims += straight_line(preset, course, attempt.quick)
        claims += early_stage(preset, course, attempt.quick)
        claims.append(frequencies(preset, course, attempt.quick))
    tables = [epochs_table(found), modes_table(found), *(over_epochs(*each) for each in found.items())]
    return Result(tables, list(figures(found)), claims)


def matched(course: Course) -> tuple[Array, Array]:
    """The epochs at which mean and tilt are first within a tenth of the target's size, ``(pairs,)`` each."""
    return reached(course.epochs, course.mean, MATCHED), reached(course.epochs, course.tilt, MATCHED)


def straight_line(preset: Preset, course: Course, quick: bool) -> Iterable[Claim]:
    """H1: first the mean, then the tilt, by a straight line all the while."""
    mean, tilt = matched(course)
    until_mean = median(np.fmin.reduce(_until(mean, course, course.straight, 1.0)))
    until_both = median(np.fmin.reduce(_until(np.maximum(mean, tilt), course, course.straight, 1.0)))
    curved = median(_until(np.maximum(mean, tilt), course, course.curved, 0.0).max(axis=0))
    apart = (course.mean[0] >= MATCHED) & (course.tilt[0] >= MATCHED)
    first = share(mean[apart] < tilt[apart])
    yield judged(
        f"H1{preset.part}", f"Until it has the target's mean height, the fit is a straight line ({preset.name})",
        f"≥ {STRAIGHT:g}", until_mean.told, "least share of the straight line until then, median of the pairs",
        not quick and until_mean.value >= STRAIGHT, quick=quick,
        fails_if=f"the median share of the straight line falls below {STRAIGHT:g} before the mean is matched",
        why=NEARLY_LEVEL,
    )  # fmt: skip
    yield judged(
        f"H1 straight{preset.part}", f"It stays one until it has the tilt too ({preset.name})",
        f"≥ {STRAIGHT:g}", until_both.told, "likewise until mean and tilt are matched",
        not quick and until_both.value >= STRAIGHT, quick=quick,
        fails_if=f"the median share falls below {STRAIGHT:g} before both are matched", why=NEARLY_LEVEL,
    )  # fmt: skip
    yield judged(
        f"H1 bends{preset.part}", f"Until then it hardly bends, however large the target's hills ({preset.name})",
        f"≤ {MATCHED:g}", curved.told, "largest bent part of the fit until then over the target's size, median",
        not quick and curved.value <= MATCHED, quick=quick,
        fails_if=f"before both are matched the median fit has bent by more than {MATCHED:g} of the target's size",
    )  # fmt: skip
    yield judged(
        f"H1 tilt{preset.part}", f"First it has the mean, then the tilt ({preset.name})", "> 0.5",
        f"{first.told} of {int(apart.sum())}", "share of the pairs that begin with neither, 95 % interval",
        None if np.isnan(first.value) else first.low > 0.5, quick=quick,
        fails_if="the interval of that share reaches down to a half; of none it is not judged",
    )  # fmt: skip


def _until(epochs: Array, course: Course, values: Array, beyond: float) -> Array:
    """Values ``(looks, pairs)`` up to an epoch of each pair's own, and what is told beyond it."""
    return np.asarray(np.where(course.epochs[:, None] <= epochs, values, beyond))


def early_stage(preset: Preset, course: Course, quick: bool) -> Iterable[Claim]:
    """H2: the knee, the rates on both sides of it, and when mean and tilt are matched."""
    epochs, before, after = course.knees
    knee = median(np.where(np.isnan(epochs), np.inf, epochs))
    ratio = median(np.where(np.isnan(epochs), 1.0, after / before))
    over = median(np.maximum(*matched(course)))
    why = "" if preset.height else NO_HEIGHT
    without = f"; {int(np.isnan(epochs).sum())} of {len(epochs)} have none"
    yield judged(
        f"H2{preset.part}", f"The early stage is over within {EARLY} epochs: the knee of the loss ({preset.name})",
        f"≤ {EARLY}", knee.told + without, "epoch of the knee, median of the pairs",
        not quick and knee.value <= EARLY, quick=quick,
        fails_if=f"the median knee is later than epoch {EARLY}", why=why,
    )  # fmt: skip
    yield judged(
        f"H2 slower{preset.part}", f"What follows is much slower: the rates after and before the knee ({preset.name})",
        f"≤ {SLOWER:g}", ratio.told, "of log loss, median of the pairs; 1 without a knee",
        not quick and ratio.value <= SLOWER, quick=quick, fails_if=f"the median ratio is above {SLOWER:g}", why=why,
    )  # fmt: skip
    yield judged(
        f"H2 matched{preset.part}", f"Mean and tilt are matched within {EARLY} epochs ({preset.name})", f"≤ {EARLY}",
        over.told, f"epoch at which both errors are below {MATCHED:g} of the target's size, median",
        not quick and over.value <= EARLY, quick=quick, fails_if=f"the median is later than epoch {EARLY}",
    )  # fmt: skip


def halved(course: Course) -> Array:
    """The epoch at which the error in each mode from 1 on is half of what it was, ``(pairs, modes)``; or infinite."""
    amplitudes = course.modes[:, :, 1:]
    return reached(course.epochs, amplitudes / amplitudes[0], 0.5)


def frequencies(preset: Preset, course: Course, quick: bool) -> Claim:
    """H3: by each pair's own order, and by the medians of the modes."""
    times = halved(course)
    ranks = median(rank_correlation(times, np.arange(1, MODES)))
    by_mode = [median(column) for column in times.T]
    lows = np.maximum.accumulate([each.low for each in by_mode])
    ordered = all(each.high >= low for each, low in zip(by_mode[1:], lows, strict=False))
    return judged(
        f"H3{preset.part}", f"Low frequencies are learned before high ones ({preset.name})", "increases with the mode",
        f"{ranks.told}; medians " + ("in order" if ordered else "out of order"),
        "rank correlation of modes and the epochs at which their errors are halved, median; 95 % intervals",
        ordered and ranks.low > 0, quick=quick,
        fails_if="the interval of the rank correlation reaches 0, or that of a mode's median lies wholly above "
        "that of a higher one's",
    )  # fmt: skip


# --- what it shows


def epochs_table(found: Mapping[Preset, Course]) -> Table:
    """When what was over."""
    rows: list[dict[str, Cell]] = []
    for preset, course in found.items():
        mean, tilt = matched(course)
        knee = course.knees[0]
        for what, values in (
            ("mean matched", mean), ("tilt matched", tilt), ("both", np.maximum(mean, tilt)),
            ("knee of the loss", np.where(np.isnan(knee), np.inf, knee)),
        ):  # fmt: skip
            rows.append({"preset": preset.name, "what": what, **columns(values)})
    return Table.of("Epochs, medians of the pairs with 95 % intervals; inf: never", rows)


def modes_table(found: Mapping[Preset, Course]) -> Table:
    """How long each mode took, and how much of it there is in the end."""
    return Table.of(
        "The error in each Fourier mode: epoch at which it is halved (inf: never), and what is left, medians",
        [
            {"preset": preset.name, "mode": mode, **columns(times), "halved, share": float(np.isfinite(times).mean()),
             "left at the end": float(np.median(course.modes[-1, :, mode] / course.modes[0, :, mode]))}
            for preset, course in found.items()
            for mode, times in enumerate(halved(course).T, 1)
        ],
    )  # fmt: skip


def over_epochs(preset: Preset, course: Course) -> Table:
    """The course at some epochs."""
    places = np.unique(np.searchsorted(course.epochs, [each for each in TOLD if each <= course.epochs[-1]]))
    return Table.of(
        f"Errors over the target's size, and the share of the straight line: {preset.name}, medians of {course.pairs}",
        [
            {"epoch": int(course.epochs[place])}
            | {name: float(np.nanmedian(values[place])) for name, values in _series(course).items()}
            for place in places
        ],
    )


def _series(course: Course) -> dict[str, Array]:
    return {"loss": course.losses, "mean": course.mean, "tilt": course.tilt, "what is bent": course.bent,
            "bent in the fit": course.curved, STRAIGHT_LINE: course.straight}  # fmt: skip


def figures(found: Mapping[Preset, Course]) -> Iterable[Figure | Map]:
    """Medians over epochs, from the first on."""
    epochs = next(iter(found.values())).epochs[1:]
    for preset, course in found.items():
        shown = {name: np.nanmedian(values[1:], axis=1) for name, values in _series(course).items()}
        del shown[STRAIGHT_LINE]
        title = f"Loss and errors over the target's size, {preset.name}"
        yield Figure.over(epochs, shown, title, "epoch", "error", log_x=True, log_y=True)
    straight = {preset.name: np.nanmedian(course.straight[1:], axis=1) for preset, course in found.items()}
    yield Figure.over(epochs, straight, "Share of the straight line in the fit", "epoch", "share", log_x=True)
    for preset, course in found.items():
        relative = np.median(course.modes / course.modes[0], axis=1)
        modes = {f"mode {mode}": relative[1:, mode] for mode in DRAWN}
        title = f"Errors by mode, over those at first, {preset.name}"
        yield Figure.over(epochs, modes, title, "epoch", "error", log_x=True, log_y=True)
        yield Map.over(
            epochs,
            range(1, MODES),
            relative[1:, 1:].T,
            title,
            "epoch",
            "mode",
            "error",
            log_x=True,
            limits=(0, 1),
        )
