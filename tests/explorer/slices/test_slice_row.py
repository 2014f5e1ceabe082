"""The row of the crosshair in the Network view: a segment between two inputs, its pieces, its values, other members."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from looking import BETWEEN, PLANE, counted, explorer, followed, moment, opened
from numpy.typing import NDArray
from stand_in import World
from steps import SIZES, WIDE, seated, shows, text, until

import nnexpr
from nnexpr.networks.network import Network
from nnexpr.runs.file import save
from nnexpr.runs.reading import AnyNetwork, read_network
from nnexpr.runs.store import store
from nnexpr.scale import Scale
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.table import TablePane
from nnexpr_tui.parts.viewport import Viewport
from nnexpr_tui.slices.subject import SliceSubject

Array = NDArray[np.float64]


def ends() -> Array:
    return np.load("images.npy")[:2].reshape(2, -1)


def network() -> Network:
    return read_network("net.pt", store()).network.to(dtype=torch.float64)


def bends(app: Explorer) -> Array:
    """Of the row that is shown, found beside the explorer; as its s."""
    row = moment(app).along
    assert row is not None
    [path] = nnexpr.path_regions(network(), [row.of.plane.at(s, row.t) for s in row.ends])
    low, high = row.ends
    return low + path.positions * (high - low)


@pytest.mark.parametrize("size", SIZES)
async def test_a_segment_between_two_inputs_is_a_chart_with_its_bends(
    size: tuple[int, int], world: World, files: None
) -> None:
    app = explorer(world, place=BETWEEN)
    async with app.run_test(size=size):
        await until(lambda: followed(app) and "Along t = 0" in text(app))
        [path], [decided] = (
            found(network(), ends()) for found in (nnexpr.path_regions, nnexpr.path_decisions)
        )
        head = rf"regions {path.count} +bends {path.bends} +decisions {decided.count}"
        await until(lambda: shows(app, "Linear regions", f"{path.count}"))
        await until(lambda: shows(app, head.removesuffix(f" {decided.count}"), f"{decided.count}"))
        row = moment(app).along
        np.testing.assert_allclose(row.bends, path.positions, atol=1e-12)
        np.testing.assert_allclose(row.changes, decided.positions, atol=1e-12)
        assert moment(app).counted is None  # cells that nobody sees are not counted


async def test_the_values_on_a_row_are_those_of_the_network(world: World, files: None) -> None:
    app = explorer(world, place=BETWEEN)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: followed(app))
        await pilot.press(*"LLL")
        await until(lambda: app.screen.view._point[0] > 0.5)
        s = app.screen.view._point[0]
        values = network()((ends()[0] + s * (ends()[1] - ends()[0]))[None])[0, 0]
        order = np.argsort(-values)
        await until(
            lambda: shows(app, "Largest", f"{order[0]}, by {values[order[0]] - values[order[1]]:.3g}")
        )
        await until(lambda: shows(app, f"Output {order[0]}", f"{values[order[0]]:.6g}"))


async def test_a_row_is_zoomed_and_followed_by_another(world: World, files: None) -> None:
    app = explorer(world, place=BETWEEN)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: followed(app))
        await pilot.press("i", "i")
        await until(lambda: followed(app) and np.allclose(moment(app).along.ends, (0.375, 0.625)))
        np.testing.assert_allclose(moment(app).along.bends, bends(app), atol=1e-12)
        await pilot.press("w", "K")
        await until(lambda: followed(app) and moment(app).along.t > 0)
        assert moment(app).along.ends == (0.0, 1.0)
        np.testing.assert_allclose(moment(app).along.bends, bends(app), atol=1e-12)
        before = moment(app).along
        await pilot.press("]")
        await until(lambda: followed(app) and moment(app).along is not before)
        assert not np.allclose(moment(app).along.of.plane.u, before.of.plane.u)
        np.testing.assert_allclose(moment(app).along.bends, bends(app), atol=1e-12)


async def test_what_is_copied_of_a_segment_counts_it(world: World, files: None) -> None:
    app = explorer(world, place=BETWEEN)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: followed(app))
        told, _ = app.screen.view.copied()
        row = moment(app).along
        assert told.splitlines()[0] == "nnexpr-tui regions net.pt --between images.npy:0 images.npy:1"
        assert f"# linear regions {row.count}, bends {len(row.bends)}, decision regions" in told
        await pilot.press("i")
        await until(lambda: followed(app) and moment(app).along is not row)
        ours = moment(app).along
        words = app.screen.view.copied()[0].splitlines()[0].split()
        points = np.array([[float(each) for each in word.split(",")] for word in words[-2:]])
        [path] = nnexpr.path_regions(network(), points)
        assert path.count == ours.count


async def test_cells_and_the_row_are_seen_together(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, *"cccc")
        await until(lambda: counted(app) and followed(app) and "Along t = 0.5" in text(app))
        await until(lambda: shows(app, "Linear regions", f"{moment(app).counted.regions.count}"))
        await until(lambda: shows(app, "On the row", f"{moment(app).along.count}"))
        assert app.screen.query_one("#slice-row", ChartPane).is_wanted


async def test_other_members_are_looked_at(world: World, own_folders: Path) -> None:
    several = nnexpr.mlp(3, 5, inputs=3, outputs=2, members=3, dtype="float64")
    save("three.safetensors", several)
    place = nnexpr.regions.slices.Slice(points=("0,0,0", "1,0,0", "0,1,0"))
    app = explorer(world, "three.safetensors", place)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: counted(app) and shows(app, "Member", r"0 \(0-2\)"))
        for key, member in (("n", 1), ("n", 2), ("n", 0), ("p", 2)):
            await pilot.press(key)
            await until(lambda member=member: counted(app) and moment(app).counted.of.member == member)
            found = moment(app).counted
            expected = nnexpr.plane_regions(several, found.viewport.window, member, plane=found.of.plane)
            assert found.regions.count == expected.count
            np.testing.assert_array_equal(found.slopes, expected.slopes)
        assert app.screen.view.copied()[0].splitlines()[0].endswith("--members 2")


async def test_one_network_has_no_other_members(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "n")
        await until(lambda: "This file holds one network" in text(app))


async def test_in_little_room_numbers_are_whole_or_end_in_a_sign(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=(60, 20)) as pilot:
        await opened(app, pilot)
        for pane in app.screen.query(TablePane):
            width = pane.content_size.width
            for y in range(pane.content_size.height):
                whole = "".join(run for run, _ in pane.row(y)).rstrip()
                painted = pane.render_line(y).text.rstrip()
                assert painted == whole or (painted.endswith("…") and len(whole) > width)
        await until(lambda: shows(app, "s, t", "0.5, 0.5"))


def test_what_was_not_counted_there_is_not_told(files: None) -> None:
    """Neither of another plane, nor of another member, nor outside the window."""
    subject = seated(SliceSubject())
    subject.open("net.pt", store(), PLANE)
    subject.watch(Viewport(((0.0, 1.0), (0.0, 1.0)), 8, 8), None)
    subject.turn(0.0)
    found = subject.moment()
    x = found.looked.plane.at(0.25, 0.5)
    np.testing.assert_allclose(found.outputs_at((0.25, 0.5)), network()(x[None])[0, 0], rtol=1e-9)
    assert found.outputs_at((1.5, 0.5)) is None
    subject.turn_plane(1, (0.0, 0.0))
    assert subject.moment().outputs_at((0.25, 0.5)) is None
    subject.turn(0.0)
    assert subject.moment().outputs_at((0.25, 0.5)) is not None


def test_the_row_and_the_cells_are_counted_only_where_they_are_seen(files: None) -> None:
    subject = seated(SliceSubject())
    subject.open("net.pt", store(), PLANE)
    assert subject.wait is None
    viewport, row = Viewport(((0.0, 1.0), (0.0, 1.0)), 8, 8), ((0.0, 1.0), 0.5)
    for watched, there in (((None, row), (False, True)), ((viewport, None), (True, True))):
        subject.watch(*watched)
        subject.turn(0.0)
        assert subject.wait is None
        assert (subject.moment().counted is not None, subject.moment().along is not None) == there
    before = subject.moment().counted
    subject.watch(None, row)
    subject.watch(viewport, None)  # as it was counted
    assert subject.wait is None
    assert subject.moment().counted is before


def test_inputs_and_outputs_are_in_the_files_own_units(files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = read_network("two.pt", store()).network.to(dtype=torch.float64)
    scales, up = (Scale(2.0, 1.0), Scale(4.0, -1.0)), Scale(10.0, 5.0)
    saved = AnyNetwork(plain, scales, up, ((1.0, 3.0), (-1.0, 3.0)))
    monkeypatch.setattr("nnexpr_tui.slices.engine.read_any", lambda *_: saved)
    subject = seated(SliceSubject())
    subject.open("two.pt", store())
    subject.watch(Viewport(subject.moment().opened.window, 8, 8), ((1.0, 3.0), 2.0))
    subject.turn(0.0)
    subject.turn(0.0)
    found = subject.moment()
    assert found.opened.window == ((1.0, 3.0), (-1.0, 3.0))
    expected = 10.0 * plain(np.array([[0.25, 0.75]]))[0, 0] + 5.0
    np.testing.assert_allclose(found.opened.own(found.looked.plane.at(1.5, 2.0)), (1.5, 2.0), rtol=1e-12)
    np.testing.assert_allclose(found.counted.outputs_at((1.5, 2.0)), expected, rtol=1e-9)
    np.testing.assert_allclose(found.along.outputs_at(1.5), expected, rtol=1e-9)
