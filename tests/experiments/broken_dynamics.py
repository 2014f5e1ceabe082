"""What is broken on purpose for the claims on approximation dynamics; see ``broken.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from broken import Broken, Claims, given, never_learns, whole
from wrong_dynamics import (
    INWARDS,
    MIXED,
    OUTWARDS,
    by_depth,
    by_width,
    cells,
    learned,
    moving,
    pair,
    shapes,
    with_knee,
)

from nnexpr.experiments.data import Claim
from nnexpr.experiments.dynamics import depth, encoding, equiparameter, fronts, grid, over_time, width
from nnexpr.experiments.dynamics.courses import Case, Course
from nnexpr.experiments.dynamics.settings import PRESETS
from nnexpr.experiments.measures import median, share
from nnexpr.networks.builders import mlp
from nnexpr.training.fronts import reached, settled

__all__ = ["DYNAMICS"]

D = "nnexpr.experiments.dynamics"
PAIRS = 8


def draws(epochs: int) -> dict[str, Any]:
    return {f"{D}.courses.QUICK_PAIRS": PAIRS, f"{D}.courses.QUICK_EPOCHS": epochs}


def both(*names: str) -> tuple[str, ...]:
    """Of both presets."""
    return tuple(name + preset.part for name in names for preset in PRESETS.values())


def encodes(always: bool) -> Any:
    """Every input is encoded, or none, whatever is asked for."""
    right = Case.network
    return given(f"{D}.courses.Case.network", lambda case, *how: right(replace(case, encoded=always), *how))


def shape_of(depth: int, width: int) -> Any:
    """One shape, whatever is asked for."""
    return given(f"{D}.courses.mlp", lambda **more: mlp(**{**more, "depth": depth, "width": width}))


def fronts_that_move() -> Claims:
    """Errors of fronts whose order is known: inwards, outwards, and by frequencies in no order of x."""
    yield fronts.inwards("front sine", moving(INWARDS), False)
    yield fronts.by_frequency("front chirp", "", moving(OUTWARDS), False)
    yield fronts.ends_last(moving(OUTWARDS), False)
    yield fronts.by_frequency("front series", "", moving(MIXED, MIXED), False)


def judged_of(judge: Any, *found: Any) -> Callable[[], Claims]:
    """What is said of courses that are known, by both presets."""
    return lambda: [
        claim
        for preset in PRESETS.values()
        for made in found
        for claim in _listed(judge(preset, made(), False))
    ]


def _listed(said: Any) -> list[Claim]:
    return [said] if isinstance(said, Claim) else list(said)


def from_the_end(place: str) -> Any:
    """Epochs counted from the end."""
    right = over_time.matched if place.endswith("matched") else reached

    def counted(*given_: Any) -> Any:
        found = right(*given_)
        return tuple(1000 - each for each in found) if isinstance(found, tuple) else 1000 - found

    return given(place, counted)


def exchanged(place: str) -> Any:
    """Wide for narrow."""
    return given(place, lambda found: [(wide, narrow) for narrow, wide in pairwise(found)])


def inverse(place: str) -> Any:
    """Ratios the other way round."""
    return given(place, lambda values: median(1 / np.asarray(values)))


def missed(place: str) -> Any:
    """What is missing for what is captured."""
    right = Course.captured
    return given(place, lambda course, *modes: 1 - right(course, *modes))


DYNAMICS = (
    Broken("no learning", never_learns, whole("dynamics-over-time"),
           (*both("H2", "H2 matched"), "H2 slower code", "H3 code"), draws(300)),
    Broken("ratios the other way round", inverse(f"{D}.over_time.median"),
           judged_of(over_time.early_stage, lambda: with_knee(100, -1, -0.05)), both("H2 slower")),
    Broken("halved shares", given(f"{D}.over_time.median", lambda values: median(np.asarray(values) / 2)),
           judged_of(over_time.straight_line, learned), both("H1", "H1 straight")),
    Broken("looked at to the end", given(f"{D}.over_time._until", lambda epochs, course, values, beyond: values),
           judged_of(over_time.straight_line, learned), both("H1 bends")),
    Broken("epochs counted from the end", from_the_end(f"{D}.over_time.reached"),
           judged_of(over_time.straight_line, learned),
           both("H1 tilt")),
    Broken("epochs counted from the end", from_the_end(f"{D}.over_time.reached"),
           judged_of(over_time.frequencies, learned),
           both("H3")),
    Broken("wide for narrow", exchanged(f"{D}.width.pairwise"),
           lambda: [claim for judge in (width.tighter, width.shorter)
                    for claim in judged_of(judge, lambda: by_width(1, 0.9, 0.8))()],
           both("H4", "H4 knee", "H4 matched")),
    Broken("two layers, whatever is asked for", shape_of(2, 2), whole("dynamics-depth"), both("H5"), draws(30)),
    Broken("shares of those that do not", given(f"{D}.depth.share", lambda holds: share(~np.asarray(holds))),
           judged_of(depth.judge, by_depth), both("H5", "H5 sharper")),
    Broken("errors of the mean that count twenty times",
           given(f"{D}.depth.median", lambda values: median(20 * np.asarray(values))),
           judged_of(depth.judge, by_depth), both("H5 mean")),
    Broken("every input encoded", encodes(True), whole("dynamics-depth"), ("H5 linear",), draws(30)),
    Broken("halved shares", given(f"{D}.depth.median", lambda values: median(np.asarray(values) / 2)),
           judged_of(depth.judge, by_depth), both("H5 linear")),
    Broken("ratios the other way round", inverse(f"{D}.equiparameter.median"),
           judged_of(equiparameter.beats, lambda: shapes(2, 2)), both("H6", "H6 equal")),
    Broken("no input encoded", encodes(False), whole("dynamics-encoding"), both("H7 wave"), draws(20)),
    Broken("ratios the other way round", inverse(f"{D}.encoding.median"), judged_of(encoding.judge, pair), both("H7")),
    Broken("what is missing for what is captured", missed(f"{D}.courses.Course.captured"),
           judged_of(encoding.judge, pair), both("H7 medium", "H7 high")),
    Broken("epochs counted from the end", from_the_end(f"{D}.encoding.matched"), judged_of(encoding.judge, pair),
           both("H7 first")),
    Broken("what is missing for what is captured", missed(f"{D}.courses.Course.captured"),
           lambda: [grid.captures(cells(0.9), False)], ("H8",)),
    Broken("no learning", never_learns, whole("dynamics-grid"), ("H8 balance",)),
    Broken("epochs counted from the end",
           given(f"{D}.fronts.settled", lambda epochs, errors: epochs[-1] - settled(epochs, errors)),
           fronts_that_move, ("front sine", "front chirp", "front ends", "front series")),
)  # fmt: skip
