"""MMNNs trained on a grid of the plane, looked at at a few epochs; linear elements of as many unknowns beside them.

The talk gives samples and networks and neither batches nor steps: these are those of the authors' first program for
two inputs (arXiv 2407.00765), Adam 1e-3 in batches of 1000 over 1000 epochs; the step falls by 0.9 fifty times, as it
does in their program on the line. A smaller preset has 100 updates in an epoch and lets the step fall as often.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Map
from nnexpr.linear.solvers import least_squares
from nnexpr.networks.builders import mmnn
from nnexpr.networks.network import Network
from nnexpr.targets import target
from nnexpr.targets.target import Target
from nnexpr.training.fit import session
from nnexpr.training.session import Session

__all__ = [
    "FALLS",
    "SHOWN",
    "Case",
    "Moment",
    "between",
    "elements",
    "error_map",
    "falls",
    "moments",
    "network_of",
    "size_of",
    "target_map",
]

Array = NDArray[np.float64]

RATE, STEPS, FACTOR = 1e-3, 50, 0.9
FALLS = 0.99  # of what it was: less is no fall that a median of few members tells
SHOWN = 101  # points of a map along each axis
REPORTED = 5  # epochs between two reports


class Case(NamedTuple):
    """A network and how it is trained: on ``side`` × ``side`` samples in batches, looked at at these epochs.

    ``shown``: maps reach from −shown to shown along both axes.
    """

    target: str
    width: int
    rank: int
    depth: int
    side: int
    batch: int
    epochs: tuple[int, ...]
    members: int = 1
    shown: float = 1.0

    @property
    def axis(self) -> Array:
        """Of its maps, ``(SHOWN,)``."""
        return np.linspace(-self.shown, self.shown, SHOWN)

    @property
    def schedule(self) -> str:
        """Fifty steps over all epochs."""
        return f"step:{max(1, self.epochs[-1] // STEPS)}:{FACTOR}"

    @property
    def told(self) -> str:
        """The network, for people."""
        return f"MMNN (width {self.width}, rank {self.rank}, depth {self.depth})"


class Moment(NamedTuple):
    """Of all members after so many epochs: mean squared errors at the samples and between them, the first's error."""

    epoch: int
    losses: Sequence[float]
    between: Sequence[float]
    error: Sequence[Sequence[float]]  # (SHOWN, SHOWN), fit minus target
    seconds: float  # of training

    @property
    def median(self) -> float:
        return float(np.median(self.losses))


def network_of(case: Case, seed: int, members: int | None = None) -> Network:
    """At its first weights."""
    return mmnn(
        case.width,
        case.rank,
        case.depth,
        inputs=2,
        members=case.members if members is None else members,
        seed=seed,
    )


def moments(attempt: Attempt, name: str, case: Case, *, begin: float = 0.0, end: float = 1.0) -> list[Moment]:
    """Train, and look at the case's epochs; each look is kept at once."""
    goal, running = target(case.target, points=case.side**2), _Running(attempt, name, case)
    found: list[Moment] = []
    for epoch in case.epochs:
        kept = attempt.kept(f"{name}, epoch {epoch}", partial(running.moment, goal, epoch, begin, end))
        found.append(Moment(**kept))
    attempt.report(end)
    return found


class _Running:
    """The training of a case, begun when it is first needed: what an attempt that was cut short kept needs none."""

    def __init__(self, attempt: Attempt, name: str, case: Case) -> None:
        self._attempt, self._name, self._case = attempt, name, case
        self._session: Session | None = None

    def moment(self, goal: Target, epoch: int, begin: float, end: float) -> dict[str, Any]:
        """After so many epochs."""
        case, trained = self._case, self._begun(goal)
        while trained.epoch < epoch and trained.state in ("ready", "paused"):
            done = trained.epoch / case.epochs[-1]
            losses = trained.history.losses[-1:].ravel()
            told = f", MSE {float(np.median(losses)):.2e}" if len(losses) else ""
            self._attempt.report(begin + (end - begin) * done, f"{self._name}, epoch {trained.epoch}{told}")
            trained.step(min(REPORTED, epoch - trained.epoch))
        inner, shown = between(case.side), _square(case.axis)
        error = (_predicted(trained, shown)[0] - goal.truth(shown)).reshape(SHOWN, SHOWN)
        return Moment(
            epoch=epoch,
            losses=trained.losses().tolist(),
            between=np.mean((_predicted(trained, inner) - goal.truth(inner)) ** 2, axis=1).tolist(),
            error=[[float(f"{value:.4g}") for value in row] for row in error.tolist()],
            seconds=trained.seconds,
        )._asdict()

    def _begun(self, goal: Target) -> Session:
        if self._session is None:
            case, attempt = self._case, self._attempt
            network = network_of(case, attempt.seed).to(device=attempt.device)
            self._session = session(
                network, goal, epochs=case.epochs[-1], batch_size=case.batch, lr=RATE, schedule=case.schedule
            )
        return self._session


def _predicted(trained: Session, x: Array) -> Array:
    """``(members, points)``."""
    return trained.predictions(trained.network.features(torch.as_tensor(x)))


def between(side: int) -> Array:
    """The middles of the cells of a grid of samples: ``((side − 1)², 2)``."""
    axis = np.linspace(-1.0, 1.0, side)
    return _square((axis[1:] + axis[:-1]) / 2)


def _square(axis: Array) -> Array:
    """``(n², 2)``, the first input running fastest."""
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def elements(case: Case, unknowns: int) -> dict[str, Any]:
    """Linear elements on triangles, by least squares on the same samples: errors as of a :class:`Moment`.

    On the square grid whose nodes are nearest to so many ``unknowns``.
    """
    goal = target(case.target, points=case.side**2)
    fit = least_squares(goal.inputs, goal.values, unknowns)
    inner, shown = between(case.side), _square(case.axis)
    error = (fit.predict(shown) - goal.truth(shown)).reshape(SHOWN, SHOWN)
    return {
        "nodes": len(fit.knots),
        "loss": fit.mse,
        "between": float(np.mean((fit.predict(inner) - goal.truth(inner)) ** 2)),
        "error": error.tolist(),
    }


def size_of(case: Case) -> str:
    """What a case takes, for people."""
    return f"{case.side} × {case.side} samples in batches of {case.batch:,}, {case.epochs[-1]:,} epochs"


def target_map(case: Case) -> Map:
    """The target itself."""
    values = target(case.target, points=case.side**2).truth(_square(case.axis)).reshape(SHOWN, SHOWN)
    return Map.over(case.axis, case.axis, values, f"{case.target}: the target", "x1", "x2", "f")


def error_map(title: str, error: Any, most: float, shown: float = 1.0) -> Map:
    """Fit minus target on ``[−shown, shown]²``, in colours that reach from −most to most."""
    axis = np.linspace(-shown, shown, SHOWN)
    return Map.over(axis, axis, error, title, "x1", "x2", "error", diverging=True, limits=(-most, most))


def falls(found: Sequence[Moment]) -> bool:
    """Whether the median mean squared error falls from each look to the next, by a hundredth at least."""
    return all(later.median < FALLS * earlier.median for earlier, later in pairwise(found))
