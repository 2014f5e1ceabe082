"""A run taken up where it was kept last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr.runs.run import Run
from nnexpr_tui.commands.interrupts import waiting
from nnexpr_tui.threads import use_threads

if TYPE_CHECKING:
    from nnexpr.runs.recorder import Recorder
    from nnexpr.training.session import Session

__all__ = ["taken_up"]


def taken_up(kept: Run) -> tuple[Session, Recorder | None]:
    """Its session, which holds at its last checkpoint, and what goes on recording it; raises InputError."""
    head = kept.head()
    use_threads(head.config.get("threads"))
    with waiting("Loading torch and the compiled loops ..."):
        from nnexpr.runs.recorder import Recorder
        from nnexpr.runs.scene import scene_of

        session = kept.session()
        recorder = Recorder(session, scene_of(session)) if head.snapshots else None
        if recorder is not None:
            recorder.resume(kept.recording())
    return session, recorder
