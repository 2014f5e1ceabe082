"""Questions ready to run: each opens on its screen, begins as it says, and shows what to look for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stand_in import World
from steps import WIDE, text, until

from nnexpr.kinds import NETWORKS
from nnexpr_tui.app import Explorer
from nnexpr_tui.presets import PRESETS, Preset
from nnexpr_tui.screens import SCREENS

EVERY = list(PRESETS.values())
OF_A_FIT = [preset for preset in EVERY if preset.fit]
VIEWS = {view.name for views in SCREENS.values() for view in views}
named = pytest.mark.parametrize("preset", EVERY, ids=lambda preset: preset.name)


def words(app: Explorer) -> str:
    """What is on the screen, its lines joined."""
    return re.sub(r"\s+", " ", text(app))


@named
def test_each_is_one_question_and_one_sentence(preset: Preset) -> None:
    assert re.fullmatch(r"[a-z0-9-]{3,14}", preset.name)
    assert preset.question.endswith("?")
    assert preset.look_for.endswith(".")
    assert preset.look_for[:-1].count(".") == 0
    assert preset.view in VIEWS
    assert bool(preset.fit) != bool(preset.batch)


@pytest.mark.parametrize("preset", OF_A_FIT, ids=lambda preset: preset.name)
def test_its_options_mean_something_and_those_given_take_their_place(preset: Preset) -> None:
    made = preset.specification()
    assert all(made.relevant(name) for name in preset.fit)
    assert {name: getattr(made, name) for name in preset.fit if name not in ("width",)} == {
        name: value for name, value in preset.fit.items() if name not in ("width",)
    }
    assert preset.specification(seed=7, epochs=3) == made.replace(seed=7, epochs=3)
    assert made.network in NETWORKS


@named
async def test_the_explorer_begins_with_it(preset: Preset, laboratory: Explorer) -> None:
    app = laboratory
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: app.controller.fit is not None)
        await app.open_preset(preset)
        await until(lambda: preset.look_for[:40] in words(app))
        screen = app.explorer_screen
        assert screen is not None
        assert screen.view.entry.name == preset.view
        if preset.fit:
            made = preset.specification()
            assert app.controller.specification == made
            await until(lambda: app.controller.fit.specification == made)
            await until(lambda: app.controller.state == "running")
            assert {name: getattr(app.controller.look, name) for name in preset.look} == preset.look
        await pilot.press("escape")
        await until(lambda: preset.look_for[:40] not in words(app))


async def test_the_tour_goes_from_one_to_the_next(laboratory: Explorer) -> None:
    app, [first, second, *_] = laboratory, EVERY
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: app.controller.fit is not None)
        for preset in (first, second):
            await pilot.press("Q")
            await until(lambda: "Search for questions" in text(app))
            await pilot.press("enter")
            await until(lambda preset=preset: preset.look_for[:40] in words(app))
            assert app.controller.preset is preset


async def test_it_is_opened_from_the_command_line(world: World) -> None:
    preset = PRESETS["collapse"]
    app = Explorer(preset.specification(seed=3), preset=preset, load=world.load)
    async with app.run_test(size=(80, 24)):
        await until(lambda: app.controller.fit is not None and app.controller.state == "running")
        assert app.controller.fit.specification == preset.specification(seed=3)
        await until(lambda: preset.question in words(app))
    app.controller.worker.stop()


def test_the_page_lists_each() -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = [f"| `{preset.name}` | {preset.question} |" for preset in EVERY]
    assert "\n".join(rows) in page
