"""What makes the claims on approximation dynamics fail, and what makes them hold; see ``wrong.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from nnexpr.experiments.data import Claim
from nnexpr.experiments.dynamics import depth, encoding, equiparameter, fronts, grid, over_time, width
from nnexpr.experiments.dynamics.courses import Course, looks, measured
from nnexpr.experiments.dynamics.settings import PRESETS

__all__ = ["RIGHT_DYNAMICS", "WRONG_DYNAMICS", "learned", "moving"]

Patch = pytest.MonkeyPatch
Claims = Callable[[Patch], Iterable[Claim]]
PAIRS = 30
X = np.linspace(0, 1, 500)


@cache
def learned(
    mean: float = 5, tilt: float = 20, first: float = 100, last: float = 1000, rise: float = 6
) -> Course:
    """Targets whose parts are each learned evenly up to an epoch of its own: mean, tilt, and modes 1 to 10.

    Mean and tilt from the first epoch on, modes from half of theirs.
    """
    rng = np.random.default_rng(0)
    waves = [f(2 * np.pi * k * X) for k in range(1, 11) for f in (np.sin, np.cos)]
    parts = np.stack([np.ones(500), X - 0.5, *waves])
    amounts = rng.choice([-1.0, 1.0], (PAIRS, 22)) * np.r_[2.0, rise, np.full(20, 0.3)]
    ends = np.r_[mean, tilt, np.repeat(np.linspace(first, last, 10), 2)]
    every = np.arange(1001)
    begins = np.r_[0, 0, ends[2:] / 2]
    shares = np.clip((every[:, None] - begins) / (ends - begins), 0, 1)
    truth = amounts @ parts
    gram = parts @ parts.T / 500
    left = (1 - shares)[:, None, :] * amounts
    history = np.einsum("tpi,ij,tpj->tp", left, gram, left)
    at = np.array(looks(1000))
    return measured(at, X, truth, np.einsum("ti,pi,ix->tpx", shares[at], amounts, parts), history)


def with_knee(epoch: float, before: float, after: float) -> Course:
    return replace(learned(), knees=np.repeat([[epoch], [before], [after]], PAIRS, axis=1))


def ended(**changes: float | np.ndarray) -> Course:
    """With other numbers at the end, or other fields as a whole."""
    course, fields = learned(), {}
    for name, value in changes.items():
        old = getattr(course, name)
        fields[name] = (
            np.concatenate([old[:-1], np.broadcast_to(value, old[-1:].shape)]) if old.ndim > 1 else value
        )
    return replace(course, **fields)


def by_width(
    *losses: float, knees: tuple[float, ...] = (90, 60, 40), tilts: tuple[float, ...] = (90, 60, 40)
) -> Any:
    return {
        d: replace(learned(tilt=tilt), losses=loss * np.ones_like(learned().losses),
                   knees=np.repeat([[knee], [-1.0], [-0.1]], PAIRS, axis=1))
        for d, loss, knee, tilt in zip(width.WIDTHS, losses, knees, tilts, strict=True)
    }  # fmt: skip


SHARES = np.linspace(0, 1, PAIRS)


def by_depth(gone: float = 0.95, mean: float = 0.01, straight: float = 0.9, steeper: float = 2.0) -> Any:
    """At depth 64 so many collapse; at 4 fits are so straight; at 16 so much steeper."""
    return {
        4: ended(straight=straight, steepest=np.ones(PAIRS)),
        16: ended(steepest=np.full(PAIRS, steeper)),
        64: ended(ranges=np.where(gone >= SHARES, 0.0, 1.0), mean=mean),
    }


def shapes(other: float, equal: float) -> Mapping[str, Course]:
    losses = {equiparameter.DEEP: 1.0, equiparameter.WIDE: other, equiparameter.EQUAL: equal}
    return {name: ended(losses=loss) for name, loss in losses.items()}


def pair(times: float = 11, waves: tuple[float, float] = (1, 2), **encoded: float) -> Mapping[bool, Course]:
    """Without and with an encoding: so many times the loss, and turning points at the start."""
    course = learned(**{"first": 50, "last": 100} | encoded)
    turns = [np.full((2, PAIRS), each) for each in waves]
    losses = course.losses
    return {
        False: replace(course, losses=times * (losses + 1e-9), turns=turns[0]),
        True: replace(course, losses=losses + 1e-9, turns=turns[1]),
    }


def cells(left: float = 0.9, best: tuple[int, int] = (3, 8)) -> grid.Grid:
    """One cell has so much of its high modes left; the lowest losses are at one size."""
    found = {}
    for activation in grid.ACTIVATIONS:
        for size in ((2, 8), (3, 2), (3, 8)):
            course = replace(learned(), modes=learned().modes[:1].repeat(2, axis=0))
            modes = course.modes.copy()
            if (activation, size) == ("elu", (3, 8)):
                modes[-1] *= left
            losses = np.ones((2, PAIRS)) * (0.5 if size == best else 1.0)
            found[(*size, activation, False)] = replace(course, modes=modes, losses=losses)
    return found


def moving(order: np.ndarray, frequencies: np.ndarray | None = None) -> fronts.Fronts:
    """Part j is learned at epoch 10 (order of j + 1) by every member."""
    epochs, middles = np.arange(0.0, 301.0, 10.0), np.linspace(-0.95, 0.95, 20)
    ranks = np.argsort(np.argsort(order, kind="stable"), kind="stable")
    errors = np.where(epochs[:, None] >= 10 * (ranks + 1), 0.01, 1.0)
    given = np.abs(middles) if frequencies is None else frequencies
    return fronts.Fronts(epochs, middles, given, np.repeat(errors[:, None, :], 6, axis=1))


MIDDLES = np.linspace(-0.95, 0.95, 20)
OUTWARDS, INWARDS = np.abs(MIDDLES), -np.abs(MIDDLES)
MIXED = np.random.default_rng(2).permutation(20) * 1.0


def of(judge: Callable[..., Any], found: Callable[[], Any]) -> Callable[[str], Claims]:
    """For a preset: what ``judge`` says of it."""

    def claims(preset: str) -> Claims:
        def made(patch: Patch) -> Iterable[Claim]:
            said = judge(PRESETS[preset], found(), False)
            return [said] if isinstance(said, Claim) else list(said)

        return made

    return claims


def counted_as_printed(patch: Patch) -> Iterable[Claim]:
    patch.setattr(equiparameter, "real", lambda preset, shape: shape.printed)
    return [equiparameter.counts(preset) for preset in PRESETS.values()]


OF_PRESETS: dict[str, tuple[Callable[[str], Claims], Callable[[str], Claims]]] = {  # wrong and right
    "H1": (
        of(over_time.straight_line, lambda: learned(mean=300, first=5, last=50)), of(over_time.straight_line, learned)
    ),
    "H1 straight": (
        of(over_time.straight_line, lambda: learned(tilt=300, first=5, last=50)), of(over_time.straight_line, learned)
    ),
    "H1 bends": (
        of(over_time.straight_line, lambda: learned(tilt=300, first=5, last=50)), of(over_time.straight_line, learned)
    ),
    "H1 tilt": (
        of(over_time.straight_line, lambda: learned(mean=20, tilt=5)), of(over_time.straight_line, learned)
    ),
    "H2": (
        of(over_time.early_stage, lambda: with_knee(151, -1, -0.01)),
        of(over_time.early_stage, lambda: with_knee(150, -1, -0.01)),
    ),
    "H2 slower": (
        of(over_time.early_stage, lambda: with_knee(100, -2, -0.22)),
        of(over_time.early_stage, lambda: with_knee(100, -2, -0.2)),
    ),
    "H2 matched": (of(over_time.early_stage, lambda: learned(mean=200)), of(over_time.early_stage, learned)),
    "H3": (
        of(over_time.frequencies, lambda: learned(first=900, last=100)), of(over_time.frequencies, learned)
    ),
    "H4": (of(width.tighter, lambda: by_width(1, 0.9, 0.9)), of(width.tighter, lambda: by_width(1, 0.9, 0.8))),
    "H4 knee": (
        of(width.shorter, lambda: by_width(1, 1, 1, knees=(90, 60, 60))), of(width.shorter, lambda: by_width(1, 1, 1))
    ),
    "H4 matched": (
        of(width.shorter, lambda: by_width(1, 1, 1, tilts=(90, 90, 60))), of(width.shorter, lambda: by_width(1, 1, 1))
    ),
    "H5": (of(depth.judge, lambda: by_depth(gone=0.85)), of(depth.judge, by_depth)),
    "H5 mean": (of(depth.judge, lambda: by_depth(mean=0.11)), of(depth.judge, by_depth)),
    "H5 linear": (of(depth.judge, lambda: by_depth(straight=0.79)), of(depth.judge, by_depth)),
    "H5 sharper": (of(depth.judge, lambda: by_depth(steeper=1.0)), of(depth.judge, by_depth)),
    "H6": (of(equiparameter.beats, lambda: shapes(1, 2)), of(equiparameter.beats, lambda: shapes(2, 1))),
    "H6 equal": (of(equiparameter.beats, lambda: shapes(2, 1)), of(equiparameter.beats, lambda: shapes(1, 2))),
    "H6 counts": (
        lambda preset: lambda patch: [equiparameter.counts(PRESETS[preset])], lambda preset: counted_as_printed
    ),
    "H7": (of(encoding.judge, lambda: pair(times=9.9)), of(encoding.judge, pair)),
    "H7 wave": (of(encoding.judge, lambda: pair(waves=(2, 9))), of(encoding.judge, pair)),
    "H7 first": (of(encoding.judge, lambda: pair(mean=300, first=5, last=20)), of(encoding.judge, pair)),
    "H7 medium": (of(encoding.judge, lambda: pair(first=500, last=1000, rise=0)), of(encoding.judge, pair)),
    "H7 high": (of(encoding.judge, lambda: pair(first=500, last=1000)), of(encoding.judge, pair)),
}  # fmt: skip

OTHERS: dict[str, tuple[Claims, Claims]] = {
    "H8": (lambda patch: [grid.captures(cells(0.7), False)], lambda patch: [grid.captures(cells(0.71), False)]),
    "H8 balance": (
        lambda patch: [grid.balanced(cells(best=(2, 8)), False)], lambda patch: [grid.balanced(cells(), False)]
    ),
    "front sine": (
        lambda patch: [fronts.inwards("front sine", moving(OUTWARDS), False)],
        lambda patch: [fronts.inwards("front sine", moving(INWARDS), False)],
    ),
    "front chirp": (
        lambda patch: [fronts.by_frequency("front chirp", "", moving(INWARDS), False)],
        lambda patch: [fronts.by_frequency("front chirp", "", moving(OUTWARDS), False)],
    ),
    "front ends": (
        lambda patch: [fronts.ends_last(moving(INWARDS), False)],
        lambda patch: [fronts.ends_last(moving(OUTWARDS), False)],
    ),
    "front series": (
        lambda patch: [fronts.by_frequency("front series", "", moving(MIXED, -MIXED), False)],
        lambda patch: [fronts.by_frequency("front series", "", moving(MIXED, MIXED), False)],
    ),
}  # fmt: skip


def each(side: int) -> dict[str, Claims]:
    found = {
        name + preset.part: both[side](preset.name)
        for name, both in OF_PRESETS.items()
        for preset in PRESETS.values()
    }
    return found | {name: both[side] for name, both in OTHERS.items()}


WRONG_DYNAMICS, RIGHT_DYNAMICS = each(0), each(1)
