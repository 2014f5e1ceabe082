"""Recordings for the tests of what is written of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nnexpr.runs.recording import Recording
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of

HOSTILE = "</script><script>window.hacked = 1</script><!--<b onload=\"'>&amp;\u2028\u202e\x1b[2J\udcff"


def recorded(*, every: int = 1, **options: Any) -> Recording:
    """A fit, snapshot by snapshot; small unless the options say otherwise."""
    chosen: dict[str, Any] = {"width": (6,), "points": 40, "epochs": 24, "lr": 0.01, "threads": 1}
    session = session_of(FitSpecification.make(**chosen | options))
    snapshots = [session.snapshot()]
    while session.state in ("ready", "paused") and session.epoch < session.specification.epochs:
        session.step(every)
        snapshots.append(session.snapshot())
    return Recording(
        specification=session.specification,
        scene=scene_of(session),
        network=session.network,
        snapshots=tuple(snapshots),
        epochs=session.history.epochs,
        losses=session.history.losses,
    )


def hostile(recording: Recording) -> Recording:
    """The same, with texts that no file should have."""
    scene = replace(
        recording.scene,
        name=HOSTILE,
        formula=HOSTILE,
        input_name=HOSTILE,
        value_name=HOSTILE,
        notes=(HOSTILE,),
    )
    return replace(recording, scene=scene)
