"""The Network view: a file is opened, counted in the window and moved about; what is told is the network."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from looking import counted, explorer, moment, opened, regions
from stand_in import World
from steps import SIZES, WIDE, ready, shows, text, until

from nnexpr import Plane
from nnexpr.runs.reading import read_network
from nnexpr.runs.store import store
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.map_panes import MapPane
from nnexpr_tui.slices import engine
from nnexpr_tui.slices.moment import Counted


def degrees(one: Plane, other: Plane) -> float:
    """Between their first directions."""
    return float(np.rad2deg(np.arccos(one.u @ other.u / np.linalg.norm(one.u) / np.linalg.norm(other.u))))


@pytest.mark.parametrize("size", [*SIZES, (100, 30)])
async def test_counts_stand_beside_their_numbers_at_every_size(
    size: tuple[int, int], world: World, files: None
) -> None:
    app = explorer(world)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await until(lambda: shows(app, "Linear regions", f"{regions(app)}"))
        assert re.search(
            rf"regions {regions(app)} +decisions {regions(app, 'argmax')}", text(app).splitlines()[0]
        )
        await until(lambda: shows(app, "s, t", "0.5, 0.5"))
        assert all(pane.content_size.height >= 5 for pane in app.screen.query(MapPane) if pane.is_wanted)


async def test_the_window_is_counted_anew_when_it_moves(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "i")
        await until(lambda: counted(app, ((0.0, 1.0), (0.0, 1.0))))
        await until(lambda: shows(app, "Linear regions", f"{regions(app)}"))
        await pilot.press(*["L"] * 4)
        await until(lambda: app.screen.view._window[0][1] > 1.2 and counted(app, app.screen.view._window))
        low, high = moment(app).counted.viewport.window[0]
        assert high - low == pytest.approx(1.0)
        assert low <= app.screen.view._point[0] <= high
        await pilot.press("w")
        await until(lambda: counted(app, ((-0.5, 1.5), (-0.5, 1.5))))


async def test_the_plane_is_turned_tilted_shifted_and_put_back(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        first = moment(app).looked.plane
        middle = first.at(0.5, 0.5)
        await pilot.press("]", "]")
        await until(lambda: counted(app) and degrees(first, moment(app).looked.plane) == pytest.approx(10.0))
        await until(lambda: shows(app, "Linear regions", f"{regions(app)}"))
        turned = moment(app).looked.plane
        np.testing.assert_allclose(turned.at(0.5, 0.5), middle, atol=1e-12)
        await pilot.press("d", "greater_than_sign")
        await until(lambda: counted(app) and moment(app).looked.plane is not turned)
        assert moment(app).moved
        tilted = moment(app).looked.plane
        assert np.linalg.matrix_rank(np.stack([first.u, first.v, tilted.v]), tol=1e-9) == 3
        await until(lambda: shows(app, "P is off", r"[\d.]+"))
        await pilot.press("plus")
        await until(lambda: counted(app) and moment(app).looked.plane is not tilted)
        assert np.linalg.norm(moment(app).looked.plane.at(0.5, 0.5) - middle) == pytest.approx(
            0.05 * 2 * np.linalg.norm(first.v)
        )
        await pilot.press("r")
        await until(lambda: counted(app) and moment(app).looked.plane is first)


async def test_the_crosshair_tells_outputs_of_the_network_there(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, *"hhhkk")
        await until(lambda: not shows(app, "s, t", "0.5, 0.5"))
        view = app.screen.view
        assert counted(app)
        network = read_network("net.pt", store()).network.to(dtype=torch.float64)
        values = network(moment(app).looked.plane.at(*view._point)[None])[0, 0]
        order = np.argsort(-values)
        await until(lambda: shows(app, f"Output {order[0]}", f"{values[order[0]]:.6g}"))
        assert shows(app, "Largest", f"{order[0]}, by {values[order[0]] - values[order[1]]:.3g}")


async def test_g_goes_to_the_points_and_the_input_there_is_an_image(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "g", "g")
        await until(lambda: shows(app, "s, t", r"1, -?\d[\de.-]*"))
        pane = app.screen.query_one("#slice-input", MapPane)
        await until(lambda: pane._picture is not None)
        image = np.load("images.npy")[1]
        shown = np.stack([pane._picture["ink"], pane._picture["paper"]], axis=1).reshape(
            -1, pane._picture.shape[1]
        )
        columns = np.flatnonzero((shown >= 0).all(axis=0))
        assert len(columns) >= 16
        greys = shown[:, columns] & 255
        corner = greys[0, 0], greys[0, -1], greys[-1, 0], greys[-1, -1]
        order = [image[0, 0], image[0, -1], image[-1, 0], image[-1, -1]]
        assert np.argsort(corner).tolist() == np.argsort(order).tolist()


async def test_zooming_ends_where_numbers_do(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, *"i" * 40)
        await until(lambda: "As near as it goes" in text(app) and counted(app, app.screen.view._window))
        low, high = app.screen.view._window[0]
        assert high - low == pytest.approx(2 * 2.0**-30)
        assert moment(app).counted.regions.check.certified
        await pilot.press("w")
        await until(lambda: counted(app, ((-0.5, 1.5), (-0.5, 1.5))))


async def test_b_and_c_and_the_full_stop_change_what_is_drawn(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await until(lambda: "Cells by slope" in text(app) and "Decisions" in text(app))
        for key, title in (
            ("b", "Cells by pattern"),
            ("b", "Borders by layer"),
            ("c", "Output 0"),
            ("full_stop", "Output 1"),
        ):
            await pilot.press(key)
            await until(lambda title=title: title in text(app))


async def test_what_was_said_goes_with_the_next_key(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        for key in ("b", "l", "i", "w", "g", "full_stop"):
            await pilot.press("n")
            await until(lambda: "This file holds one network" in text(app))
            await pilot.press(key)
            await until(lambda: "This file holds one network" not in text(app))
        await pilot.press("c", "full_stop")  # cells and decisions: no title names the output
        await until(lambda: "Output 2 of 3, numbered from 0" in text(app))


async def test_without_a_place_a_network_of_two_inputs_is_on_its_own_plane(world: World, files: None) -> None:
    app = explorer(world, "two.pt", None)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert moment(app).counted.viewport.window == ((0.0, 1.0), (0.0, 1.0))
        await until(lambda: shows(app, "x1", "0.5") and "Output 0" in text(app))
        await pilot.press("d")
        await until(lambda: "nowhere to tilt to" in text(app))


async def test_what_cannot_be_counted_is_said(
    world: World, files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnexpr_tui.slices.engine.MOST_CELLS", 5)
    app = explorer(world)
    async with app.run_test(size=WIDE):
        await until(lambda: "more than 5 cells" in text(app) and "not counted" in text(app))
        assert "i takes a nearer" in text(app)
        assert "most_cells" not in text(app)


async def test_what_waits_for_its_loops_says_that_they_are_compiled(
    world: World, files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    monkeypatch.setattr("nnexpr_tui.slices.subject.compiling", lambda _: done)
    app = explorer(world)
    async with app.run_test(size=WIDE):
        await until(
            lambda: shows(app, "Linear regions", "compiling…") and shows(app, "Outputs", "compiling…")
        )
        assert " compiling " in text(app).splitlines()[0]
        assert "counting" not in text(app)
        done.set()
        await until(lambda: counted(app) and shows(app, "Linear regions", f"{regions(app)}"))
        await until(lambda: "compiling" not in text(app))


async def test_coming_back_while_it_is_counted_says_what_is_waited_for(
    world: World, files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, gate, counts = explorer(world), threading.Event(), engine.counted
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)

        def slow(*arguments: Any) -> Counted:
            gate.wait()
            return counts(*arguments)

        monkeypatch.setattr(engine, "counted", slow)
        try:
            await pilot.press("i")
            await until(lambda: " counting " in text(app).splitlines()[0])
            await pilot.press("7")
            await until(lambda: app.current_mode == "runs")
            await pilot.press("4")
            await until(
                lambda: app.current_mode == "plane" and "net.pt is shown again as soon as" in text(app)
            )
        finally:
            gate.set()
        await until(lambda: counted(app) and shows(app, "Linear regions", f"{regions(app)}"))


async def test_a_file_is_asked_for_and_what_is_none_is_said(world: World, files: None) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("4", "v")
        await until(lambda: "No network is opened" in text(app))
        await pilot.press("f")
        await until(lambda: "Open network:" in text(app))
        await pilot.press(*"nothing.pt", "enter")
        await until(lambda: "there is no such file" in text(app))
        await pilot.press("1", "O")
        await until(lambda: app.current_mode == "plane" and "Open network:" in text(app))
        await pilot.press(*"net.pt", "enter")
        await until(lambda: counted(app) and shows(app, "Linear regions", r"\d+"))


async def test_what_is_exported_and_copied_is_what_is_shown(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, "x")
        await until(lambda: Path("net-plane.svg").exists())
        written = json.loads(Path("net-plane.json").read_text())
        assert written["linear_regions"] == regions(app)
        assert written["decision_regions"] == regions(app, "argmax")
        np.testing.assert_allclose(written["plane"]["origin"], np.load("images.npy")[0].ravel())
        told, _ = app.screen.view.copied()
        assert told.startswith(
            "nnexpr-tui regions net.pt --plane images.npy:0 images.npy:1 images.npy:2 --domain -0.5"
        )
        assert f"# linear regions {regions(app)}" in told


async def test_training_goes_on_beside_it(world: World, files: None) -> None:
    app = explorer(world)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        app.controller.toggle()
        world.let_train(3)
        await until(lambda: app.controller.fit.epoch >= 3)
        await pilot.press("i")
        await until(lambda: counted(app, ((0.0, 1.0), (0.0, 1.0))))
