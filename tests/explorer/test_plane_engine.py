"""The real engine behind the Plane screen: at every pixel the cell's affine map is the network's value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from steps import seated

from nnexpr.specification import FitSpecification
from nnexpr_tui.plane.moment import PlaneMoment, PlaneView
from nnexpr_tui.plane.subject import PlaneSubject, seen_cells
from nnexpr_tui.training.engine import LiveEngine
from nnexpr_tui.training.moment import Scene
from nnexpr_tui.training.subject import FitSubject

SMALL = FitSpecification.make(target="expr:x1*x2+x1", width=(8,), depth=3, members=2, points=400, seed=2)


@pytest.fixture(autouse=True)
def own_store(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(own_folders / "store"))


@pytest.fixture(scope="module")
def engine() -> LiveEngine:
    made = LiveEngine(SMALL)
    made.step(30)
    assert made.can_count(120)
    return made


def view_of(scene: Scene, share: float = 1.0) -> PlaneView:
    assert scene.plane is not None
    (left, right), (bottom, top) = scene.plane
    return PlaneView(((left, left + share * (right - left)), (top - share * (top - bottom), top)), 31, 18)


def test_pixels_and_points_are_each_others_inverse() -> None:
    view = PlaneView(((-3.0, 1.0), (10.0, 12.0)), 7, 5)
    points = view.points().reshape(5, 7, 2)
    for row in range(5):
        for column in range(7):
            assert view.point(column, row) == pytest.approx(points[row, column])
            assert view.place(view.point(column, row)) == (column, row)
    assert view.place((-99.0, 99.0)) == (0, 0)
    assert view.place((99.0, -99.0)) == (6, 4)


@pytest.mark.parametrize("member", [0, 1])
@pytest.mark.parametrize("share", [1.0, 0.1])
def test_the_map_of_a_pixels_cell_gives_its_value(engine: LiveEngine, member: int, share: float) -> None:
    snapshot, view = engine.snapshot(member), view_of(engine.scene, share)
    fit = engine.heights(view, snapshot)
    cells = seen_cells(engine.cells(snapshot), view)
    points = view.points().reshape(18, 31, 2)
    maps = np.sum(cells.slopes[cells.faces] * points, axis=-1) + cells.intercepts[cells.faces]
    assert fit == pytest.approx(maps, abs=1e-5)
    assert cells.counts.member == member
    assert cells.counts.euler == 1
    assert len(np.unique(cells.faces)) <= len(cells.slopes)


def test_the_target_is_its_formula_with_its_top_row_first(engine: LiveEngine) -> None:
    view = view_of(engine.scene)
    x1, x2 = view.points().reshape(18, 31, 2).transpose(2, 0, 1)
    assert engine.heights(view, None) == pytest.approx(x1 * x2 + x1)
    assert x2[0, 0] > x2[-1, 0]


def test_borders_have_different_cells_on_their_sides(engine: LiveEngine) -> None:
    cells = engine.cells(engine.snapshot(0))
    middles = 0.5 * (cells.segments[:, :2] + cells.segments[:, 2:])
    along = cells.segments[:, 2:] - cells.segments[:, :2]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    assert np.all(cells.locate(middles + 1e-7 * normal) != cells.locate(middles - 1e-7 * normal))
    assert set(np.unique(cells.layers).tolist()) <= {1, 2}


def opened(specification: FitSpecification = SMALL) -> tuple[FitSubject, PlaneSubject]:
    """A fit and the plane that looks at the whole of it."""
    fit = seated(FitSubject())
    fit.configure(specification)
    plane = fit.scheduler.subject(PlaneSubject)
    fit.scheduler.look(frozenset({FitSubject, PlaneSubject}))
    assert fit.engine is not None
    plane.watch(PlaneView(fit.engine.scene.plane or ((0.0, 1.0), (0.0, 1.0)), 31, 18))
    return fit, plane


def counted(plane: PlaneSubject) -> PlaneMoment:
    """What is shown once its cells are counted."""
    first = plane.moment()
    assert first is not None
    assert first.is_counting
    assert plane.wait is not None
    plane.turn(0.0)
    moment = plane.moment()
    assert moment is not None
    assert plane.wait is None
    return moment


def test_weights_that_are_not_finite_leave_a_note_and_no_cells() -> None:
    fit, plane = opened()
    fit.snapshot().parameters[:] = np.nan
    moment = counted(plane)
    assert moment.cells is None
    assert moment.note


def test_counts_are_written_while_they_are_on_the_screen(tmp_path: Path) -> None:
    fit, plane = opened()
    fit.step(3)
    plane.export(tmp_path / "a")
    assert json.loads((tmp_path / "a.json").read_text())["cells"] is None
    counts = counted(plane).cells.counts
    plane.export(tmp_path / "b")
    written = json.loads((tmp_path / "b.json").read_text())["cells"]
    assert written["euler"] == 1
    assert written["epoch"] == 3
    assert written["regions"] == counts.regions


def test_the_line_has_no_plane() -> None:
    fit, plane = opened(FitSpecification.make(width=(4,), points=20))
    assert plane.moment() is None
    assert not plane.due
    assert fit.engine is not None
    assert fit.engine.scene.plane is None
    assert torch.is_inference_mode_enabled() is False
