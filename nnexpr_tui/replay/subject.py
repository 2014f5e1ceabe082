"""Replay on the engine's thread: of all snapshots that it was asked to count, the newest is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr_tui.replay.moment import ReplayMoment
from nnexpr_tui.training.moment import Scene
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.subject import Subject

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.training.snapshots import Snapshot

__all__ = ["ReplaySubject"]


class ReplaySubject(Subject[ReplayMoment]):
    """Counts snapshots of the present fit's recording, each once."""

    def __init__(self) -> None:
        self._asked: tuple[Scene, Snapshot] | None = None
        self._moment: ReplayMoment | None = None

    def count(self, scene: Scene, snapshot: Snapshot) -> None:
        """Count this one next, of the network of this scene; nothing where there is another by now."""
        self._asked = scene, snapshot

    @property
    def wait(self) -> float | None:
        return None if self._asked is None else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        from nnexpr_tui.training.engine import lines

        asked, self._asked = self._asked, None
        fit = self.scheduler.subject(FitSubject)
        if asked is None or fit.session is None or asked[0] is not fit.scene:
            return False
        scene, snapshot = asked
        known: dict[int, LineRegions | None] = {}
        if self._moment is not None and self._moment.scene is scene:
            known |= self._moment.counts
        # Where the weights were left out there is nothing to count.
        known[snapshot.epoch] = lines(fit.session, snapshot) if snapshot.parameters.size else None
        self._moment = ReplayMoment(scene, known)
        return True

    def moment(self) -> ReplayMoment | None:
        return self._moment
