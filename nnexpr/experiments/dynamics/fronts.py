"""Local adaptation: where in x a network learns first, by the epoch from which on the error around there stays small.

The talk shows that MMNNs adapt locally; recordings of its authors' later programs show in which order: a sine of one
frequency from both ends of the domain inwards, a chirp from its centre outwards, where its frequency is low; sine units
with a scaled first layer learn what is next to both ends last. Theirs are ResMMNNs of width 800 on sin 50πx and
sin(36π|x|^1.5), and an FMMNN of width 1024 on a dense sum. Here smaller networks without residual channels learn the
talk's own targets, of 16π in both, in batches, with steps that fall by a tenth again and again as theirs do. Beside
them stand Hu's random series by the encoded networks of his code, whose local frequency changes in no order of x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Map, Result, Table
from nnexpr.experiments.dynamics.courses import Case, Draws, looks, trained
from nnexpr.experiments.dynamics.settings import CODE, EPOCHS, PRESETS
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median
from nnexpr.networks.builders import mmnn
from nnexpr.targets import target
from nnexpr.training.fit import session
from nnexpr.training.fronts import BELOW, Subintervals, rank_correlation, reached, settled

__all__ = ["KINDS", "Fronts", "Kind", "by_frequency", "ends_last", "inwards", "run"]

WIDTH, RANK, DEPTH = 60, 10, 4
SAMPLES, BATCH, RATE = 1000, 100, 3e-3
DECAYS = 20  # on the way, by a tenth each
GRID = 2001
MEMBERS, QUICK_MEMBERS = 30, 3
QUICK_EPOCHS = 20
ENCODED = 4, 32  # N and d of the largest network of Hu's code
SERIES = "random series, encoded"
ENOUGH = "; it is not judged where fewer than half of the members settle anywhere"


class Kind(NamedTuple):
    """MMNNs of one activation on one target, and the epochs that they take to learn it."""

    target: str
    activation: str
    init: str
    epochs: int


SINE, CHIRP, SINE_UNITS = "sine, ReLU", "chirp, ReLU", "sine, sine units"
KINDS = {
    SINE: Kind("sine16", "relu", "torch", 2000),
    CHIRP: Kind("chirp", "relu", "torch", 2000),
    SINE_UNITS: Kind("sine16", "sine", "scaled", 300),
    "chirp, sine units": Kind("chirp", "sine", "scaled", 300),
}


@dataclass(frozen=True, eq=False)
class Fronts:
    """Of many networks: ``errors (looks, members, parts)`` at ``epochs (looks,)`` in parts about ``middles``.

    ``frequencies``: the target's in each part, ``(parts,)``, or ``(members, parts)`` where each has its own target.
    """

    epochs: Array
    middles: Array
    frequencies: Array
    errors: Array

    @property
    def settled(self) -> Array:
        """``(members, parts)``."""
        return settled(self.epochs, self.errors)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Fronts:
        """From :meth:`plain`."""
        return cls(**{name: np.array(values, dtype=np.float64) for name, values in plain.items()})

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: values.tolist() for name, values in vars(self).items()}


def run(attempt: Attempt) -> Result:
    """Every kind, and the random series."""
    members = attempt.choose(MEMBERS, QUICK_MEMBERS)
    epochs = {name: attempt.choose(kind.epochs, QUICK_EPOCHS) for name, kind in KINDS.items()}
    series = Draws(members, attempt.choose(EPOCHS, QUICK_EPOCHS), attempt.seed)

    def measure(name: str) -> dict[str, Any]:
        if name == SERIES:
            return of_series(series).plain()
        return of_kind(KINDS[name], members, epochs[name], attempt.seed).plain()

    names = [*KINDS, SERIES]
    found = {name: Fronts.of(plain) for name, plain in zip(names, attempt.each(names, measure), strict=True)}
    claims = (
        inwards("front sine", found[SINE], attempt.quick),
        by_frequency("front chirp", "A chirp is learned from low local frequencies to high ones, by ReLUs",
                     found[CHIRP], attempt.quick),
        ends_last(found[SINE_UNITS], attempt.quick),
        by_frequency("front series", "Of a random series what is slow is learned before what is fast", found[SERIES],
                     attempt.quick, "With the encoding the network has fast waves from the start."),
    )  # fmt: skip
    return Result((ranks(found), *(by_part(name, found[name]) for name in KINDS)), figures(found), claims)


def of_kind(kind: Kind, members: int, epochs: int, seed: int) -> Fronts:
    """All members on the one target."""
    goal = target(kind.target, points=SAMPLES)
    network = mmnn(WIDTH, RANK, DEPTH, kind.activation, kind.init, members, seed)
    schedule = f"step:{max(1, epochs // DECAYS)}:0.9"
    running = session(network, goal, epochs=epochs, batch_size=BATCH, lr=RATE, schedule=schedule)
    x = goal.section(GRID)
    parts, features = Subintervals(x[:, 0], goal.truth(x)), network.features(torch.as_tensor(x))
    times, errors = looks(epochs), []
    for epoch in times:
        if epoch:
            running.step(epoch - running.epoch)
        errors.append(parts.errors(running.predictions(features)))
    return Fronts(np.array(times, dtype=np.float64), parts.middles, parts.frequencies, np.stack(errors))


def of_series(draws: Draws) -> Fronts:
    """Hu's networks, each on its own target."""
    case, times = Case(PRESETS[CODE], *ENCODED, encoded=True), looks(draws.epochs)
    errors, frequencies = [], []
    for seed in draws.seeds:
        goal = case.goal(seed)
        parts = Subintervals(goal.inputs[:, 0], goal.own_values)
        errors.append(parts.errors(trained(case.network(1, seed), goal, times)[0]))
        frequencies.append(parts.frequencies)
    return Fronts(
        np.array(times, dtype=np.float64), parts.middles, np.stack(frequencies), np.stack(errors, axis=1)
    )


def inwards(name: str, found: Fronts, quick: bool) -> Claim:
    """Ends before the middle."""
    rank = rank_correlation(found.settled, np.abs(found.middles))
    return judged(
        name, "A sine of one frequency is learned from both ends of the domain inwards, by ReLUs", "< 0",
        _told(rank), "rank correlation of the epoch at which a part settles with |x|, median of the members",
        _judged(rank, median(rank).high < 0), quick=quick,
        fails_if=f"the 95 % interval of the median rank correlation reaches up to 0{ENOUGH}",
    )  # fmt: skip


def by_frequency(name: str, statement: str, found: Fronts, quick: bool, why: str = "") -> Claim:
    """Slow before fast."""
    rank = rank_correlation(found.settled, found.frequencies)
    return judged(
        name, statement, "> 0", _told(rank),
        "rank correlation of the epoch at which a part settles with the frequency there, median of the members",
        _judged(rank, median(rank).low > 0), quick=quick,
        fails_if=f"the 95 % interval of the median rank correlation reaches down to 0{ENOUGH}", why=why,
    )  # fmt: skip


def ends_last(found: Fronts, quick: bool) -> Claim:
    """The parts at the ends of the domain, the earlier of them too, after half of those between them."""
    between = np.median(found.settled[:, 1:-1], axis=1)
    with np.errstate(invalid="ignore"):
        first, last = np.sort(found.settled[:, [0, -1]], axis=1).T - between
    return judged(
        "front ends", "A sine is learned next to both ends of the domain later than in half of the rest, by sine units",
        "> 0",
        f"{median(first).told}; {int(np.isfinite(found.settled).all(axis=1).sum())} of {len(first)} learn all of it",
        "epochs by which the earlier of the parts at the ends settles after half of the others, median of the members",
        _judged(first, median(first).low > 0), quick=quick,
        fails_if=f"the 95 % interval of the median difference reaches down to 0{ENOUGH}",
        why=f"One of both ends is late, the other is not: by {median(last).told} the later of them.",
    )  # fmt: skip


def _judged(values: Array, holds: bool) -> bool | None:
    """None where fewer than half of the members have a value."""
    return holds if np.mean(~np.isnan(values)) >= 0.5 else None


def _told(rank: Array) -> str:
    return f"{median(rank).told}; {int(np.isfinite(rank).sum())} of {len(rank)} settle anywhere"


# --- what it shows


def ranks(found: Mapping[str, Fronts]) -> Table:
    """How the order goes with the frequency and with the place."""
    rows = []
    for name, each in found.items():
        for what, order in (("local frequency", each.frequencies), ("|x|", np.abs(each.middles))):
            rank = median(rank_correlation(each.settled, order))
            rows.append({
                "networks on": name, "rank correlation with": what, "median": rank.value, "from": rank.low,
                "to": rank.high, "settled by the end": float(np.isfinite(each.settled).mean()),
                "relative error": float(np.sqrt((each.errors[-1] ** 2).mean(axis=1)).mean()),
            })  # fmt: skip
    return Table.of("In which order the parts of the domain are learned", rows)


def by_part(name: str, found: Fronts) -> Table:
    """Of a target that all share."""
    first = reached(found.epochs, found.errors)
    return Table.of(
        f"Epochs at which parts are learned (error below {BELOW:g} of the target's size; inf: never): {name}, medians",
        [
            {"x": float(x), "turns a unit": float(turns), "first below": float(np.median(once)),
             "settled": float(np.median(last)), "settled, share": float(np.isfinite(last).mean())}
            for x, turns, once, last in zip(found.middles, found.frequencies, first.T, found.settled.T, strict=True)
        ],
    )  # fmt: skip


def figures(found: Mapping[str, Fronts]) -> list[Figure | Map]:
    """The fronts over x, and the error over x and epochs."""
    shared = {name: found[name] for name in KINDS}
    x = next(iter(shared.values())).middles
    fronts = Figure.over(
        x, {name: _shown(np.median(each.settled, axis=0)) for name, each in shared.items()},
        "The epoch from which on the error stays small", "x", "epoch", log_y=True,
    )  # fmt: skip
    return [fronts, *(_map(name, each) for name, each in shared.items())]


def _shown(epochs: Array) -> Array:
    """Epochs on a logarithmic axis: gaps where there are none."""
    return np.where(np.isfinite(epochs) & (epochs > 0), epochs, np.nan)


def _map(name: str, found: Fronts) -> Map:
    middle = np.median(found.errors[1:], axis=1)
    title = f"Error over the target's size, {name}, median"
    return Map.over(
        found.middles, found.epochs[1:], middle, title, "x", "epoch", "error", log_y=True, log=True,
        limits=(BELOW / 10, 1),
    )  # fmt: skip
