"""What is printed of a result is one line that says what it is, however large its arrays are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnexpr
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of

X = np.linspace(-1.0, 1.0, 900)
PLANE = nnexpr.plane_through(np.zeros(5), np.eye(5)[0], np.eye(5)[1])
WIDE = nnexpr.mlp(2, 8, inputs=5, outputs=3)
GOAL = nnexpr.target("cube", points=40)
NETWORK = nnexpr.mlp(2, 4, members=2)

SHOWN: dict[str, Callable[[], Any]] = {
    "<LinearFit: hat by hat in float64, 700 knots, mean squared error ": lambda: nnexpr.least_squares(X, X**3, 700),
    "<LinearSpline: 699 pieces on [-1, 1]>": lambda: nnexpr.least_squares(X, X**3, 700).spline,
    "<LinearFit: tanh by svd in float32, 30 knots, mean squared error ": lambda: nnexpr.least_squares(
        X, X**3, 30, basis="tanh", solver="svd", dtype="float32"
    ),
    "<Spectrum: relu, 300 units, eigenvalues from 1.29 on falling like k^-4.": lambda: nnexpr.spectrum(knots=300),
    "<Spectrum: hat, 2 units, eigenvalues from ": lambda: nnexpr.spectrum("hat", knots=2),
    "<SplineFloor: 1 linear region, mean squared error 1, proved to be the least>": lambda: nnexpr.spline_floor(
        [0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 2.0, 0.0], 1
    ),
    "<SplineFloor: 9 linear regions, mean squared error ": lambda: nnexpr.spline_floor(X, np.sin(40 * X), 9),
    "<Snapshot: epoch 2, loss ": lambda: list(nnexpr.train(NETWORK, GOAL, epochs=2))[-1],
    "<Session: ready, epoch 0 of 7; <Network 1-4-1 relu: ": lambda: nnexpr.Session(
        NETWORK, GOAL, nnexpr.FitSpecification(epochs=7)
    ),
    "<Plane: x = origin + s u + t v, 5 numbers each>": lambda: PLANE,
    "<PathDecisions: ": lambda: nnexpr.path_decisions(WIDE, [np.zeros(5), np.ones(5)])[0],
    "<RationalCount: 1,073,741,824 linear and ": lambda: nnexpr.rational_count(nnexpr.tent(30)),
    "RegionCount(": lambda: nnexpr.count_at(WIDE, vertices=[np.zeros(5), np.ones(5)]),
    "Chance(": lambda: nnexpr.rashomon(3.0, 8, amplitude=1.0)[0],
    "<Tangents: kernels of epochs 0 and 5 at 40 points, moved by ": lambda: nnexpr.fit(
        NETWORK, GOAL, epochs=5
    ).tangents(),
    "<Tangent: kernel at 40 points, epoch 5, loss ": lambda: nnexpr.fit(NETWORK, GOAL, epochs=5).tangents().now,
    "<Foretold: ": lambda: nnexpr.fit(NETWORK, GOAL, epochs=5).tangents().foretold,
    "FitSpecification(": nnexpr.FitSpecification,
}  # fmt: skip


@pytest.mark.parametrize("start", SHOWN)
def test_a_result_is_one_line(start: str) -> None:
    shown = repr(SHOWN[start]())
    assert shown.startswith(start)
    assert "\n" not in shown
    assert "array(" not in shown
    assert len(shown) < (200 if shown.startswith("<") else 1200)


def test_a_recording_is_one_line() -> None:
    session = nnexpr.Session(NETWORK, GOAL, nnexpr.FitSpecification(epochs=7))
    recording = Recorder(session, scene_of(session)).recording()
    assert repr(recording).startswith("<Recording: 0 snapshots; <Network 1-4-1 relu: ")
    assert repr(recording.scene) == "<Scene: cube on [0, 1]>"
    assert len(repr(recording)) < 200


def test_no_public_class_of_arrays_prints_them() -> None:
    """What dataclasses write by themselves is every field."""
    public = [getattr(nnexpr, name) for name in nnexpr.__all__]
    for each in public:
        if isinstance(each, type) and dataclasses.is_dataclass(each):
            kinds = [str(field.type) for field in dataclasses.fields(each)]
            holds = any(word in kind for kind in kinds for word in ("Array", "Tensor", "Floats"))
            assert not (holds and "__wrapped__" in vars(each.__repr__)), each
