"""Replay on the engine's thread: of all snapshots that it was asked to count, the newest is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.worker.subject import Subject

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Recording, Scene

__all__ = ["ReplayMoment", "ReplaySubject"]


@dataclass(frozen=True, eq=False)
class ReplayMoment:
    """``counts``: of the snapshots of one network, by epoch; None where they cannot be counted."""

    scene: Scene
    counts: Mapping[int, LineRegions | None]

    def is_urgent(self, before: ReplayMoment | None) -> bool:
        """Another snapshot is counted: a key asked for it."""
        return before is not self


class ReplaySubject(Subject[ReplayMoment]):
    """Counts snapshots of a recording, each once."""

    def __init__(self) -> None:
        self._asked: tuple[Recording, int] | None = None
        self._moment: ReplayMoment | None = None

    def count(self, recording: Recording, index: int) -> None:
        """Count this snapshot next; nothing where there is another fit by now."""
        self._asked = recording, index

    @property
    def wait(self) -> float | None:
        return None if self._asked is None else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        from nnexpr_tui.training.engine import lines

        asked, self._asked = self._asked, None
        fit = self.scheduler.subject(FitSubject)
        if asked is None or fit.session is None or asked[0].scene is not fit.scene:
            return False
        recording, index = asked
        is_same = self._moment is not None and self._moment.scene is recording.scene
        known = dict(self._moment.counts) if self._moment is not None and is_same else {}
        network = recording.network_at(index)
        counts = None if network is None else lines(network, fit.session.target)
        known[recording.snapshots[index].epoch] = counts
        self._moment = ReplayMoment(recording.scene, known)
        return True

    def moment(self) -> ReplayMoment | None:
        return self._moment
