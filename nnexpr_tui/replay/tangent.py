"""The tangent kernel of the snapshot that Replay shows: of all that it was asked for, the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.training.tangent import Tangency, TangentMoment
from nnexpr_tui.worker.subject import Subject

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording

__all__ = ["ReplayTangent"]


class ReplayTangent(Subject[TangentMoment]):
    """One at a time: going back to a snapshot finds its kernel again, in some 30 ms."""

    def __init__(self) -> None:
        self._tangency = Tangency()
        self._asked: tuple[Recording, int] | None = None
        self._moment: TangentMoment | None = None

    def seek(self, recording: Recording, index: int) -> None:
        """Find that of this snapshot next; nothing where there is another fit by now."""
        self._asked = recording, index

    @property
    def wait(self) -> float | None:
        return None if self._asked is None else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        asked, self._asked = self._asked, None
        fit = self.scheduler.subject(FitSubject)
        if asked is None or fit.session is None or asked[0].scene is not fit.scene:
            return False
        recording, index = asked
        snapshot, network = recording.snapshots[index], recording.network_at(index)
        self._moment = self._tangency.moment(recording, fit.session.target, network, snapshot, replayed=True)
        return True

    def moment(self) -> TangentMoment | None:
        return self._moment
