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
