"""The folds of the Compose screen on the engine's thread: of all questions that wait, the newest is answered."""

from __future__ import annotations

from nnexpr_tui.folds.questions import Folded, FoldQuestion, fold
from nnexpr_tui.worker.subject import Subject

__all__ = ["FoldsSubject"]


class FoldsSubject(Subject[Folded]):
    """Its moment is the newest answer."""

    def __init__(self) -> None:
        self._asked: FoldQuestion | None = None
        self._answer: Folded | None = None

    def fold(self, question: FoldQuestion) -> None:
        """Answer this next, and no question before it."""
        self._asked = question

    @property
    def wait(self) -> float | None:
        return None if self._asked is None else 0.0

    def turn(self, seconds: float) -> bool:  # noqa: ARG002
        asked, self._asked = self._asked, None
        if asked is not None:
            self._answer = fold(asked)
        return True

    def moment(self) -> Folded | None:
        return self._answer
