"""H7: with a sine-cosine encoding of six bands a fit starts as a wave and learns high frequencies at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.dynamics.courses import HIGH, MATCHED, MODES, Case, Course, Draws, columns, courses
from nnexpr.experiments.dynamics.over_time import EARLY, matched
from nnexpr.experiments.dynamics.settings import BANDS, PRESETS, Preset
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import median, share
from nnexpr.training.fronts import reached

__all__ = ["CAPTURED", "Pair", "judge", "run"]

N, WIDTH = 2, 16
TIMES = 10  # how much lower the loss is
WAVE = 2  # turning points, at least
CAPTURED = 0.5  # of the energy

Pair = Mapping[bool, Course]  # whether it is encoded


def run(attempt: Attempt) -> Result:
    """Both presets, the same targets with and without."""
    draws = Draws.of(attempt)
    cases = [Case(preset, N, WIDTH, encoded) for preset in PRESETS.values() for encoded in (False, True)]
    done = iter(courses(attempt, cases, draws))
    found = {preset: {encoded: next(done) for encoded in (False, True)} for preset in PRESETS.values()}
    claims = [claim for each in found.items() for claim in judge(*each, attempt.quick)]
    return Result((table(found),), [figure for each in found.items() for figure in figures(*each)], claims)


def judge(preset: Preset, found: Pair, quick: bool) -> Iterable[Claim]:
    """What is said of the encoding."""
    plain, encoded = found[False], found[True]
    ratio = median(plain.losses[-1] / encoded.losses[-1])
    yield judged(
        f"H7{preset.part}", f"With the encoding networks learn more complex functions ({preset.name})", f"≥ {TIMES}",
        ratio.told, "final loss without over that with it, same targets, median ratio", ratio.value >= TIMES,
        quick=quick, fails_if=f"the median ratio is below {TIMES}",
    )  # fmt: skip
    waves, lines = median(encoded.turns[0]), median(plain.turns[0])
    yield judged(
        f"H7 wave{preset.part}", f"With it a fit begins as a wave, without it not ({preset.name})",
        f"≥ {WAVE} with, fewer without", f"{waves.told} with, {lines.told} without",
        "turning points before the first epoch, medians", lines.value < WAVE <= waves.value, quick=quick,
        fails_if=f"at epoch 0 the median of the turning points is below {WAVE} with it, or not without it",
    )  # fmt: skip
    early = np.maximum(*matched(encoded))
    bent = reached(encoded.epochs, encoded.bent / encoded.bent[0], 0.5)
    open_ = early > 0
    first = share(early[open_] < bent[open_])
    yield judged(
        f"H7 first{preset.part}", f"It still matches mean and tilt before what oscillates ({preset.name})", "> 0.5",
        f"{first.told} of {int(open_.sum())}",
        f"share in which both are within {MATCHED:g} before half of the rest is learned, of those not there at first",
        None if np.isnan(first.value) else first.low > 0.5, quick=quick,
        fails_if="the 95 % interval of that share reaches down to a half; of none it is not judged",
    )  # fmt: skip
    place = int(np.searchsorted(encoded.epochs, min(EARLY, encoded.epochs[-1]), side="right")) - 1
    for part, what, low, up in (
        ("medium", f"the modes below {HIGH} are learned at once", 1, HIGH),
        ("high", f"high frequencies, from mode {HIGH} on, are learned at once", HIGH, MODES),
    ):
        early_share, end = (median(encoded.captured(low, up)[at]) for at in (place, -1))
        yield judged(
            f"H7 {part}{preset.part}", f"With it {what} ({preset.name})", f"≥ {CAPTURED:g}", early_share.told,
            f"energy of them that is captured by epoch {EARLY}, median", early_share.value >= CAPTURED, quick=quick,
            fails_if=f"the median share at epoch {EARLY} is below {CAPTURED:g}",
            why=f"They come later: by the last epoch {end.value:.3g} of their energy is captured.",
        )  # fmt: skip


def table(found: Mapping[Preset, Pair]) -> Table:
    """With and without."""
    return Table.of(
        f"Depth N = {N}, width {WIDTH}, with and without {BANDS} bands: medians, with 95 % intervals of the loss",
        [
            {"preset": preset.name, "encoded": encoded,
             "parameters": Case(preset, N, WIDTH, encoded).network(1, 0).parameter_count,
             **columns(course.losses[-1], "loss"), "turning points at first": float(np.median(course.turns[0])),
             "at the end": float(np.median(course.turns[1])),
             "mean and tilt matched": float(np.median(np.maximum(*matched(course)))),
             f"modes below {HIGH} captured": float(np.median(course.captured(1, HIGH)[-1])),
             f"from {HIGH} on": float(np.median(course.captured(HIGH)[-1]))}
            for preset, pair in found.items()
            for encoded, course in pair.items()
        ],
    )  # fmt: skip


def figures(preset: Preset, found: Pair) -> Iterable[Figure]:
    """Losses, and how much of low and high modes is captured."""
    epochs = found[True].epochs[1:]
    names = {False: "plain", True: "encoded"}
    losses = {names[each]: np.median(course.losses[1:], axis=1) for each, course in found.items()}
    shares = {
        f"{names[each]}, {what}": np.median(course.captured(low, high)[1:], axis=1)
        for each, course in found.items()
        for what, low, high in ((f"modes below {HIGH}", 1, HIGH), (f"from {HIGH} on", HIGH, MODES))
    }
    yield Figure.over(epochs, losses, f"Median loss, {preset.name}", "epoch", "loss", log_x=True, log_y=True)
    yield Figure.over(epochs, shares, f"Energy that is captured, {preset.name}", "epoch", "share", log_x=True)
