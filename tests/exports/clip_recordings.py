"""Recordings that clips are made of: trained for a moment, or made up where a law is about their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of

EVIL = "\x1b]0;stolen\x07\x1b[2J<script>&\"'日本 \u202e"


@cache
def trained(run: str = "run", snapshots: int = 12, every: int = 2, **options: Any) -> Recording:
    """A small network, recorded at every so many epochs from the first."""
    given = {"width": (6,), "points": 64, "epochs": 10**6} | options
    session = session_of(FitSpecification.make(**given))
    recorder = Recorder(session, scene_of(session))
    recorder.add(session.snapshot())
    for _ in range(snapshots - 1):
        session.step(every)
        recorder.add(session.snapshot())
    return replace(recorder.recording(), run=run)


def with_fits(recording: Recording, fit: Callable[[NDArray[Any], int], NDArray[Any]]) -> Recording:
    """The same, but for predictions that are a function of x and the number of the snapshot; weights left out."""
    x = recording.scene.x
    snapshots = tuple(
        replace(each, prediction=fit(x, k).astype(np.float32), parameters=each.parameters[:0])
        for k, each in enumerate(recording.snapshots)
    )
    return replace(recording, snapshots=snapshots)
