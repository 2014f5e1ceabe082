"""The real engine behind the Plane screen: at every pixel the cell's affine map is the network's value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from steps import seated

from nnexpr.specification import FitSpecification
from nnexpr.training.session import Session
from nnexpr_tui.parts.viewport import Viewport
from nnexpr_tui.plane.engine import cells, fit_heights, seen_cells, target_heights
from nnexpr_tui.plane.moment import PlaneMoment
from nnexpr_tui.plane.subject import PlaneSubject
from nnexpr_tui.training.engine import build
from nnexpr_tui.training.subject import FitSubject

SMALL = FitSpecification.make(target="expr:x1*x2+x1", width=(8,), depth=3, members=2, points=400, seed=2)


@pytest.fixture(autouse=True)
def own_store(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(own_folders / "store"))


@pytest.fixture(scope="module")
def session() -> Session:
    made = build(SMALL)
    made.step(30)
    return made


def view_of(share: float = 1.0) -> Viewport:
    """The top left part of the unit square."""
    return Viewport(((0.0, share), (1.0 - share, 1.0)), 31, 18)


def test_pixels_and_points_are_each_others_inverse() -> None:
    view = Viewport(((-3.0, 1.0), (10.0, 12.0)), 7, 5)
    points = view.points().reshape(5, 7, 2)
    for row in range(5):
        for column in range(7):
            assert view.point(column, row) == pytest.approx(points[row, column])
            assert view.place(view.point(column, row)) == (column, row)
    assert view.place((-99.0, 99.0)) == (0, 0)
    assert view.place((99.0, -99.0)) == (6, 4)


@pytest.mark.parametrize("member", [0, 1])
@pytest.mark.parametrize("share", [1.0, 0.1])
def test_the_map_of_a_pixels_cell_gives_its_value(session: Session, member: int, share: float) -> None:
    snapshot, view = session.snapshot(member), view_of(share)
    fit = fit_heights(session, snapshot, view)
    seen = seen_cells(cells(session, snapshot), snapshot, view)
    points = view.points().reshape(18, 31, 2)
    regions = seen.regions
    maps = np.sum(regions.slopes[seen.faces] * points, axis=-1) + regions.intercepts[seen.faces]
    assert fit == pytest.approx(maps, abs=1e-5)
    assert seen.counted.member == member
    assert regions.check.euler == 1
    assert len(np.unique(seen.faces)) <= len(regions.slopes)


def test_the_target_is_its_formula_with_its_top_row_first(session: Session) -> None:
    view = view_of()
    x1, x2 = view.points().reshape(18, 31, 2).transpose(2, 0, 1)
    assert target_heights(session, view) == pytest.approx(x1 * x2 + x1)
    assert x2[0, 0] > x2[-1, 0]


def test_borders_have_different_cells_on_their_sides(session: Session) -> None:
    snapshot = session.snapshot(0)
    seen = seen_cells(cells(session, snapshot), snapshot, view_of())
    middles = 0.5 * (seen.segments[:, :2] + seen.segments[:, 2:])
    along = seen.segments[:, 2:] - seen.segments[:, :2]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    locate = seen.regions.locate
    assert np.all(locate(middles + 1e-7 * normal) != locate(middles - 1e-7 * normal))
    assert set(np.unique(seen.layers).tolist()) <= {1, 2}


def opened(specification: FitSpecification = SMALL) -> tuple[FitSubject, PlaneSubject]:
    """A fit and the plane that looks at the whole of it."""
    fit = seated(FitSubject())
    fit.configure(specification)
    plane = fit.scheduler.subject(PlaneSubject)
    fit.scheduler.look(frozenset({FitSubject, PlaneSubject}))
    plane.watch(Viewport(fit.scene.plane or ((0.0, 1.0), (0.0, 1.0)), 31, 18))
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


def test_the_cells_that_are_written_are_those_of_the_epoch_that_is_written(tmp_path: Path) -> None:
    fit, plane = opened()
    for epochs in (3, 4):
        fit.step(epochs)
        plane.export(tmp_path)
        epoch = fit.session.epoch
        [path] = tmp_path.glob(f"*-{epoch}.json")
        document = json.loads(path.read_text())
        assert document["epochs"] == document["cells"]["epoch"] == epoch
        assert document["cells"]["euler"] == 1
        assert document["cells"]["regions"] == plane.moment().cells.regions.count


def test_a_moment_in_another_view_is_urgent_and_one_in_the_same_is_not() -> None:
    fit, plane = opened()
    first = plane.moment()
    fit.step(1)
    second = plane.moment()
    plane.watch(view_of(0.5))
    third = plane.moment()
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.is_urgent(None)
    assert not second.is_urgent(first)
    assert third.is_urgent(second)


def test_the_line_has_no_plane() -> None:
    fit, plane = opened(FitSpecification.make(width=(4,), points=20))
    assert plane.moment() is None
    assert not plane.due
    assert fit.scene.plane is None
    assert torch.is_inference_mode_enabled() is False
