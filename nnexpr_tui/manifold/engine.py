"""A compositional network trained by stages beside its twin, and all that the Compose screen shows of both.

Imported on the engine's thread: it brings torch. The numbers are those of ``fit --network compositional --stages``: the
same session trains, on the same points.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.atomic import write_atomically
from nnexpr.networks.builders import build
from nnexpr.networks.compositional import compositional, random_peaks
from nnexpr.regions.line import linear_regions
from nnexpr.runs.file import save
from nnexpr.specification import FitSpecification
from nnexpr.splines.tent import theorem_scales
from nnexpr.targets import CATALOGUE, build_target
from nnexpr.targets.target import Target
from nnexpr.theory import exact
from nnexpr.training.session import Session
from nnexpr.training.stages import coordinates_of
from nnexpr_tui.manifold.moment import FIRST_TARGETS, ManifoldStart, Trained, stages_from

__all__ = [
    "Pair",
    "Sight",
    "drawn_peaks",
    "exact_regions",
    "following_scales",
    "sign_for",
    "specification_of",
    "targets",
]

Array = NDArray[np.float64]

ENDLESS = 10**10  # epochs: a stage lasts until it is told to end
GRID = 1025  # points at which the target is drawn and the largest error looked for, beside bends and middles
FIELDS = (1, 2, 0)  # t1, t2 and sum among a layer's units


def targets() -> tuple[str, ...]:
    """The catalogue's targets of one input, those of the paper first."""
    others = (name for name in CATALOGUE if CATALOGUE[name].dimension == 1 and name not in FIRST_TARGETS)
    return (*FIRST_TARGETS, *others)


def specification_of(start: ManifoldStart) -> FitSpecification:
    """As ``fit`` would have it; the sign and free scales, which it cannot say, aside."""
    return FitSpecification.make(
        network="compositional", depth=len(start.peaks), peaks=start.peaks, target=start.target, lr=start.lr,
        stages=stages_from(start), epochs=ENDLESS,
    )  # fmt: skip


def sign_for(target: str) -> int:
    """+1 or -1: whether ``fit`` adds the waves or subtracts them for this target."""
    spec = FitSpecification.make(network="compositional", depth=1, peaks=(0.5,), target=target)
    goal = build_target(spec)
    samples = goal.inputs[:, 0], goal.values
    return coordinates_of(build(spec, domain=goal.domain, samples=samples)).waves.sign


def following_scales(peaks: tuple[float, ...], sign: int) -> tuple[float, ...]:
    """Theorem 3.4's."""
    return tuple(theorem_scales(peaks, sign))


def drawn_peaks(layers: int, seed: int) -> tuple[float, ...]:
    """Those that ``fit --seed`` draws."""
    return tuple(random_peaks(layers, 1, seed)[0].tolist())


def exact_regions(peaks: tuple[float, ...], scales: tuple[float, ...] | None, sign: int) -> int:
    """Linear regions in rational arithmetic, from the slope gaps; ``scales`` None: those of Theorem 3.4."""
    a = [Fraction(peak) for peak in peaks]
    s = theorem_scales(a, sign) if scales is None else [Fraction(scale) for scale in scales]
    return exact.regions(a, s)


@dataclass(frozen=True, eq=False)
class Sight:
    """The target as it is drawn."""

    x: Array
    values: Array
    slopes: Array

    @classmethod
    def of(cls, target: Target) -> Sight:
        """On an even grid of the domain."""
        grid = target.section(GRID)
        assert target.function is not None  # noqa: S101 - the catalogue's targets are functions
        values = np.asarray(target.function(grid), dtype=np.float64)
        return cls(grid[:, 0], values, np.gradient(values, grid[:, 0]))


class Pair:
    """The network and its twin, which begin as the same: their sessions go on together, epoch by epoch."""

    def __init__(self, start: ManifoldStart) -> None:
        self.start = start
        spec = specification_of(start)
        self.target = build_target(spec)
        self.sight = Sight.of(self.target)
        self.initial = compositional(
            len(start.peaks), start.peaks, start.scales, sign=start.sign, domain=self.target.domain[0]
        )
        self.session = Session(self.initial, self.target, spec)
        self.twin = Session(self.initial, self.target, spec.replace(stages=None))
        self.stage_begins = [0]

    @property
    def epoch(self) -> int:
        """Epochs trained."""
        return self.session.epoch

    @property
    def stage(self) -> int:
        """Of the next epoch."""
        return self.session.stage or 3

    @property
    def stage_epoch(self) -> int:
        """Epochs of the present stage."""
        return self.epoch - self.stage_begins[-1]

    @property
    def failed(self) -> bool:
        """Whether the network's loss has ceased to be finite; the twin may go on without it, but not for long."""
        return self.session.state == "failed"

    @property
    def on_the_manifold(self) -> bool:
        """Whether peaks and scales still say what the network is."""
        return not (self.stage == 3 and self.stage_epoch > 0)

    def step(self, epochs: int) -> None:
        """So many epochs of both."""
        for session in (self.session, self.twin):
            if session.state in ("ready", "paused"):
                session.step(epochs)

    def next_stage(self) -> None:
        """Raises InputError after the last."""
        self.session.next_stage()
        self.stage_begins.append(self.epoch)

    def learn(self, rate: float) -> None:
        """Another learning rate for both from now on."""
        for session in (self.session, self.twin):
            session.reconfigure(lr=rate)

    @property
    def learned(self) -> tuple[float, str]:
        """The first learning rate, and the schedule that says from when on it was another."""
        asked = self.session.specification
        return asked.lr, asked.schedule

    def coordinates(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Peaks and scales as they are now; None once the weights have left the manifold."""
        if self.epoch == 0 and self.start.scales is not None:
            return self.start.peaks, self.start.scales
        if self.epoch == 0:
            return self.start.peaks, following_scales(self.start.peaks, self.start.sign)
        if not self.on_the_manifold:
            return None
        found = coordinates_of(self.session.current_network())
        depth = len(self.start.peaks)
        return tuple(found.values[0, :depth].tolist()), tuple(np.cumprod(found.values[0, depth:]).tolist())

    def trained(self) -> tuple[Trained, Trained]:
        """Both, counted exactly."""
        return self._trained(self.session), self._trained(self.twin)

    def _trained(self, session: Session) -> Trained:
        [lines] = linear_regions(session.current_network(), self.target.domain[0], certify=False)
        middles = (lines.knots[1:] + lines.knots[:-1]) / 2
        fine = np.union1d(self.sight.x, np.concatenate([lines.knots, middles]))
        function = self.target.function
        assert function is not None  # noqa: S101 - as above
        error = lines(fine) - np.asarray(function(fine[:, None]), dtype=np.float64)
        return Trained(
            lines=lines,
            loss=float(session.losses()[0]),
            max_error=float(np.abs(error).max()),
            error=(fine, error),
            diverged=bool(session.diverged),
        )

    def units(self, at: Array) -> tuple[Array, Array]:
        """Where the layers are looked at, and their t1, t2 and sum there: ``(layers, 3, points)``."""
        x = np.union1d(self.sight.x[::4], at)
        network = self.session.current_network()
        hidden = network.to(dtype=torch.float64).layer_values(torch.from_numpy(x))[:-1]
        return x, np.stack([layer[0, list(FIELDS)].numpy() for layer in hidden])

    def history(self, *present: float) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """Epochs, and the losses of the network and of the twin at them; ``present``: theirs now, the last entry."""
        kept, other = self.session.history, self.twin.history
        count = min(len(kept), len(other))
        first, second = (
            np.append(history.member(0)[:count], np.float32(loss))
            for history, loss in zip((kept, other), present, strict=True)
        )
        return np.append(kept.epochs[:count], self.epoch), first, second

    def write(self, stem: Path, document: dict[str, Any]) -> None:
        """``stem.safetensors``, ``stem-twin.safetensors`` and ``stem.json``."""
        for name, session in (("", self.session), ("-twin", self.twin)):
            path = stem.with_name(f"{stem.name}{name}.safetensors")
            save(path, session.current_network(), session.specification, target=self.target)
        text = json.dumps(document, allow_nan=False, indent=1)
        write_atomically(stem.with_name(stem.name + ".json"), text + "\n")
