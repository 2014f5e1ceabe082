"""What the tests of figures draw: fits, each done once, and a recording."""

from __future__ import annotations

from functools import cache

import nnexpr
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import FitResult, session_of

__all__ = ["SUNSPOTS", "in_the_plane", "on_a_file", "on_the_line", "recorded"]

SUNSPOTS = "csv:examples/data/sunspots.csv"


@cache
def on_the_line() -> FitResult:
    """Five members, with their modes."""
    target = nnexpr.target("fourier", terms=4, seed=0, points=128)
    network = nnexpr.mlp(depth=3, width=8, members=5, seed=0)
    return nnexpr.fit(network, target, epochs=60, lr=5e-3, modes=True)


@cache
def on_a_file() -> FitResult:
    """Of units that are not the network's, and data."""
    return nnexpr.fit(
        nnexpr.mlp(depth=3, width=12, members=2, seed=1), nnexpr.target(SUNSPOTS), epochs=40, lr=5e-3
    )


@cache
def in_the_plane() -> FitResult:
    network = nnexpr.mlp(depth=3, width=8, inputs=2, members=2, seed=0)
    return nnexpr.fit(network, nnexpr.target("waves2d", points=400), epochs=20, lr=5e-3)


@cache
def recorded(target: str = "fourier", every: int = 10, **options: object) -> Recording:
    """Snapshots every few epochs of two members."""
    given = {"width": (16,), "depth": 3, "members": 2, "points": 64, "epochs": 40, "lr": 5e-3} | options
    session = session_of(FitSpecification.make(target=target, **given))
    recorder = Recorder(session, scene_of(session))
    recorder.add(session.snapshot())
    for _ in range(4):
        session.step(every)
        recorder.add(session.snapshot())
    return recorder.recording()
