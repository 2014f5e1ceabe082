"""The error's modes over the epochs, in the place of the loss."""

from __future__ import annotations

import numpy as np
from stand_in import World
from steps import WIDE, ready, text, until

from nnexpr.specification import FitSpecification
from nnexpr_tui.app import Explorer
from nnexpr_tui.charts.modes import mode_maps
from nnexpr_tui.parts.modes import ModesPane

TITLE = "Error modes over epochs"


async def test_they_take_the_place_of_the_loss_and_give_it_back(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "F")
        await until(lambda: f"{TITLE}, up to" in text(explorer))
        assert "─ Loss ─" not in text(explorer)
        await pilot.press("F")
        await until(lambda: "─ Loss ─" in text(explorer))
        assert TITLE not in text(explorer)


async def test_they_are_those_of_the_engine_of_one_member_and_of_the_median(world: World) -> None:
    app = Explorer(load=world.load, specification=FitSpecification.make(members=3, target="fourier"))
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        for epochs in range(1, 7):
            await pilot.press("s")
            await until(lambda epochs=epochs: app.controller.fit.epoch == epochs)
        await pilot.press("full_stop", "F")
        await until(lambda: f"{TITLE}, member 1" in text(app))
        pane, recorded = app.screen.query_one(ModesPane), world.engine.modes
        assert recorded is not None
        for amplitudes in (recorded.member(1), recorded.median):
            expected = mode_maps(TITLE, recorded.epochs, amplitudes).drawn(pane.ground())
            await until(lambda expected=expected: np.array_equal(pane._picture, expected))
            await pilot.press("F")
        await until(lambda: "─ Loss ─" in text(app))


async def test_the_focus_and_the_zoom_go_with_what_is_shown(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        explorer.screen.query_one("#loss").focus()
        await pilot.press("s", "F")
        await until(lambda: explorer.screen.focused is explorer.screen.query_one(ModesPane))
        await pilot.press("z")
        await until(lambda: "─ Fit ─" not in text(explorer) and TITLE in text(explorer))
        await pilot.press("F")
        await until(lambda: "━ Loss ━" in text(explorer))
        assert "─ Fit ─" not in text(explorer)
        await pilot.press("z")
        await until(lambda: "─ Fit ─" in text(explorer))
        assert TITLE not in text(explorer)


async def test_of_two_inputs_there_are_none(world: World) -> None:
    app = Explorer(load=world.load, specification=FitSpecification.make(target="waves2d"))
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("F")
        await until(lambda: "n/a (two inputs)" in text(app) and TITLE in text(app))
