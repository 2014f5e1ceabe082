"""The tangent kernel of the fit while it trains: how it is now, how it began, and the losses that it foretold.

It is found only while a screen looks at it, in turns of the engine's thread: 20 to 60 ms each, at most twice a second,
and of the time that passes a twentieth. What has changed meanwhile is found in the next turn, so the newest wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from nnexpr.runs.recording import network_of
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.networks.network import Network
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr.specification import FitSpecification
    from nnexpr.targets.target import Target
    from nnexpr.training.snapshots import Snapshot
    from nnexpr.training.tangents import Foretold, Tangent, Tangents

    Array = NDArray[np.float64]

__all__ = ["INTERVAL", "SHARE", "Tangency", "TangentMoment", "TangentSubject", "Waypoint"]

INTERVAL = 0.5  # seconds between two kernels while training
MOST_WAYPOINTS = 256
SHARE = 20  # of the time that passes, kernels may take a twentieth
PLANE_SLOPE = -2.5  # of the ReLU Gram spectrum of two inputs: k^(-(d + 3) / d)


class Waypoint(NamedTuple):
    """How far a kernel had moved, and up to which rate descent would have been stable, beside the rate there was."""

    movement: float
    alignment: float
    stable_rate: float
    rate: float


@dataclass(frozen=True, eq=False, slots=True)
class TangentMoment:
    """A member's kernel at an epoch, beside that of the start; ``why`` there is none, where there is none.

    ``gram: (n,)`` is the ReLU Gram spectrum, scaled to have the kernel's first eigenvalue at the start. ``onward``: the
    losses foretold by a kernel on the way, from its epoch on; None where that is the start's. ``way``: what is known by
    now of kernels at other epochs, these ascending.
    """

    scene: Scene
    member: int
    epoch: int
    why: str = ""
    tangents: Tangents | None = None
    movement: float = 0.0
    alignment: float = 1.0
    gram: Array | None = None
    onward: Foretold | None = None
    loss: float = 0.0  # over all points
    points: int = 0  # trained on
    x: Array | None = None  # (n,) where it is taken, ascending, own units; of one input
    method: str = ""  # what the losses are foretold of, in a sentence
    way: tuple[tuple[int, Waypoint], ...] = ()

    def is_urgent(self, before: TangentMoment | None) -> bool:
        """Of another network or member: a key asked for it."""
        return before is None or self.scene is not before.scene or self.member != before.member


class Tangency:
    """Moments of one network after another, of whichever recording: the kernel of a start is found once."""

    def __init__(self) -> None:
        self._start: tuple[tuple[Scene, int], Tangent] | None = None
        self._anchor: tuple[tuple[Scene, int], Tangent, float] | None = None
        self._way: tuple[tuple[Scene, int] | None, dict[int, Waypoint]] = None, {}

    def knows(self, scene: Scene, member: int, epoch: int) -> bool:
        """Whether the way has a kernel at this epoch."""
        return self._way[0] == (scene, member) and epoch in self._way[1]

    def moment(
        self,
        recording: Recording,
        target: Target,
        network: Network | None,
        snapshot: Snapshot,
        *,
        replayed: bool = False,
    ) -> TangentMoment:
        """Of the snapshot's member, as a ``network`` of its own at that epoch; None where that was not kept.

        Losses are foretold from the start and, of a ``replayed`` training, from the snapshot to the end, else from a
        kernel on the way that is renewed whenever training has come twice as far.
        """
        scene, member, epoch = recording.scene, snapshot.member, snapshot.epoch
        why = _refusal(recording, network, snapshot)
        if network is None or why:
            return TangentMoment(scene, member, epoch, why)
        try:
            return self._found(recording, target, network, snapshot, replayed=replayed)
        except ValueError as error:
            said = str(error)
            return TangentMoment(scene, member, epoch, f"{said[:1].upper()}{said[1:]}.")

    def _found(
        self, recording: Recording, target: Target, network: Network, snapshot: Snapshot, *, replayed: bool
    ) -> TangentMoment:
        from nnexpr.training.tangents import Tangents, foretold, tangent_of

        spec, first = recording.specification, recording.snapshots[0]
        key = recording.scene, snapshot.member
        start = self._start_of(recording, target, key)
        now = tangent_of(network, target, epoch=snapshot.epoch) if snapshot.epoch else start
        last = recording.snapshots[-1].epoch if replayed else snapshot.epoch
        anchor, loss = (now, snapshot.loss) if replayed else self._anchored(key, now, snapshot.loss)
        begun = float(first.losses[snapshot.member])
        tangents = Tangents(start, now, foretold(start, spec, target.points, last, loss=begun))
        return TangentMoment(
            scene=recording.scene,
            member=snapshot.member,
            epoch=snapshot.epoch,
            tangents=tangents,
            movement=tangents.movement,
            alignment=tangents.alignment,
            gram=_gram(target.dimension, now.points) * start.eigenvalues[0],
            onward=foretold(anchor, spec, target.points, last, loss=loss) if anchor.epoch else None,
            loss=snapshot.loss,
            points=target.points,
            x=target.own_inputs[now.chosen, 0] if target.dimension == 1 else None,
            method=_method(spec),
            way=self._extended(key, tangents, snapshot),
        )

    def _start_of(self, recording: Recording, target: Target, key: tuple[Scene, int]) -> Tangent:
        from nnexpr.training.tangents import tangent_of

        if self._start is None or self._start[0] != key:
            self._start = key, tangent_of(recording.network, target, member=key[1])
        return self._start[1]

    def _anchored(self, key: tuple[Scene, int], now: Tangent, loss: float) -> tuple[Tangent, float]:
        """The kernel from which losses are foretold on the way, and the loss then."""
        if self._anchor is None or self._anchor[0] != key or now.epoch >= 2 * self._anchor[1].epoch:
            self._anchor = key, now, loss
        return self._anchor[1:]

    def _extended(
        self, key: tuple[Scene, int], tangents: Tangents, snapshot: Snapshot
    ) -> tuple[tuple[int, Waypoint], ...]:
        """The way with this kernel; of too many, every other one is dropped."""
        way = self._way[1] if self._way[0] == key else {}
        way[snapshot.epoch] = Waypoint(
            tangents.movement,
            tangents.alignment,
            1 / float(tangents.now.eigenvalues[0]),
            snapshot.learning_rate,
        )
        if len(way) > MOST_WAYPOINTS:
            way = dict(sorted(way.items())[::2])
        self._way = key, way
        return tuple(sorted(way.items()))


def _refusal(recording: Recording, network: Network | None, snapshot: Snapshot) -> str:
    """Why there is no kernel, where that is known before it is sought."""
    from math import isfinite

    if recording.specification.on_the_manifold:
        return "Peaks and scales are trained here, and the tangent kernel is that of weights."
    if not isfinite(snapshot.loss):
        return f"Member {snapshot.member} has diverged: it has no tangent kernel any more."
    if network is None:
        return "Weights as large as these are not kept in snapshots: Explore has the kernel of now."
    return ""


def _method(spec: FitSpecification) -> str:
    if not spec.method.takes("lr"):
        return "foretold: gradient flow, one unit of time an epoch"
    others = "" if spec.optimizer == "sgd" else f"; {spec.optimizer} takes other steps"
    return f"foretold: gradient descent at the learning rate{others}"


@cache
def _gram(dimension: int, modes: int) -> Array:
    """The shape of the ReLU Gram spectrum: on the line the exact one of the kernel, in the plane its law."""
    import numpy as np

    from nnexpr.linear.continuous import cantilever

    falling = cantilever(modes) if dimension == 1 else np.arange(1, modes + 1) ** PLANE_SLOPE
    return np.asarray(falling / falling[0])


class TangentSubject(Subject[TangentMoment]):
    """That of the fit's shown member."""

    def __init__(self) -> None:
        self._tangency = Tangency()
        self._found_of: object = None  # of what the moment is
        self._moment: TangentMoment | None = None
        self._next = 0.0
        self._is_new = False

    @property
    def wait(self) -> float | None:
        if not self.is_watched:
            return None
        fit = self.scheduler.subject(FitSubject)
        if fit.session is None or self._asked_of(fit) == self._found_of:
            return None
        return max(0.0, self._next - monotonic()) if fit.is_running else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        fit = self.scheduler.subject(FitSubject)
        session, began = fit.session, monotonic()
        if session is None:
            return False
        snapshot = fit.snapshot()
        self._found_of = self._asked_of(fit)
        network = network_of(session.network, snapshot)
        self._moment = self._tangency.moment(fit.recording, session.target, network, snapshot)
        now = monotonic()
        self._next = now + max(INTERVAL, SHARE * (now - began))
        self._is_new = True
        return not fit.is_running

    @staticmethod
    def _asked_of(fit: FitSubject) -> object:
        """What decides the moment: the network, its member, its epoch, and the rates."""
        assert fit.session is not None  # noqa: S101 - there is one where this is asked
        return fit.scene, fit.member, fit.session.epoch, fit.session.specification

    @property
    def due(self) -> bool:
        return self._is_new

    def moment(self) -> TangentMoment | None:
        self._is_new = False
        fit = self.scheduler.subject(FitSubject)
        found = self._moment
        is_of_fit = fit.session is not None and found is not None and found.scene is fit.scene
        return found if is_of_fit else None
