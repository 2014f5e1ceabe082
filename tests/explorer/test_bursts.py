"""Keys in bursts, as a slow line delivers them: while screens and overlays open and close, none finds half of one."""

from __future__ import annotations

import asyncio
import random

import pytest
from stand_in import World
from steps import ready, until
from textual.events import Key

from nnexpr_tui.actions import ANYWHERE
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.editor import Editor
from nnexpr_tui.parts.form import FORM
from nnexpr_tui.screens import APPLICATION, SCREENS
from nnexpr_tui.textual_private import exception_of

VIEWS = [view for views in SCREENS.values() for view in views]
ACTIONS = [*APPLICATION, *ANYWHERE, *FORM, *(row for view in VIEWS for row in view.actions)]
OVERLAYS = ["ctrl+p", "question_mark", "f1", "ctrl+o", "escape", "enter", "down", "a", "z"]
ALL = sorted(
    {"v"} | {key for action in ACTIONS for key in action.keys.split(",")} - {"q", "ctrl+q", "ctrl+z"}
)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("keys", [OVERLAYS, OVERLAYS + ALL], ids=["overlays", "all"])
async def test_no_burst_of_keys_is_a_fault(
    laboratory: Explorer, world: World, keys: list[str], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laboratory, "leave", lambda code: None)
    chance = random.Random(seed)  # noqa: S311
    async with laboratory.run_test(size=chance.choice([(120, 40), (80, 24)])) as pilot:
        await ready(laboratory)
        world.let_train(100_000)
        pressed: list[str] = []
        for _ in range(60):
            pressed += chance.choices(keys, k=4)
            for key in pressed[-4:]:
                laboratory.post_message(Key(key, key if len(key) == 1 else None))
            await asyncio.sleep(chance.choice((0, 0.01, 0.05)))
            if exception_of(laboratory):
                break
        assert exception_of(laboratory) is None, f"after {pressed[-12:]}"
        heard = asyncio.Event()
        laboratory.call_later(heard.set)
        await until(heard.is_set)
        await pilot.pause()
        assert exception_of(laboratory) is None


async def test_letters_typed_before_the_line_has_the_focus_stay_in_their_order(explorer: Explorer) -> None:
    async with explorer.run_test(size=(120, 40)) as pilot:
        await ready(explorer)
        await pilot.press("7")
        await until(lambda: explorer.current_mode == "runs")
        await until(lambda: getattr(explorer.screen.focused, "id", "") == "runs-table")
        table, first, others = explorer.screen.focused, asyncio.Event(), asyncio.Event()
        table.call_later(first.wait)  # as a pane that is busy
        await typed(explorer, "slash")
        table.call_later(others.wait)
        await typed(explorer, "a", "b")
        first.set()
        await until(lambda: bool(explorer.screen.query(Editor)))
        editor = explorer.screen.query_one(Editor)
        await until(lambda: editor.has_focus)
        await typed(explorer, "c", "d")
        others.set()
        await until(lambda: len(editor.value) == 4)
        assert editor.value == "abcd"
        await typed(explorer, "e", "enter", "s")
        await until(lambda: not explorer.screen.query(Editor))
        view = explorer.explorer_screen.view
        await until(lambda: view.kept()["order"] != "-created")
        assert view.kept()["filter"] == "abcde"


async def typed(explorer: Explorer, *keys: str) -> None:
    """Each has been sent on its way."""
    for key in keys:
        heard = asyncio.Event()
        explorer.post_message(Key(key, key if len(key) == 1 else None))
        explorer.call_later(heard.set)
        await until(heard.is_set)
