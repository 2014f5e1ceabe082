"""What the Runs screen changes of the store: in order, not at all where it may not, and undone as far as it can be."""

from __future__ import annotations

import re

import pytest
from read_only import mount_read_only
from runs_kept import id_of, kept, opened, rows, short
from stand_in import World
from steps import WIDE, text, typed_and_taken, until
from textual.events import Key

from nnexpr.runs.store import store
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.asking import Asking
from nnexpr_tui.parts.editor import Editor


async def test_a_store_that_cannot_be_written_is_read_all_the_same(
    explorer: Explorer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(world, 1)
    mount_read_only(store().folder, monkeypatch)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        assert rows(explorer) == short(1)
        await pilot.press("n", *"name", "enter")
        await until(lambda: "Read-only file system" in text(explorer))
        assert rows(explorer) == short(1)
        assert store().entries()[0].name == ""


async def test_what_could_not_be_brought_back_can_be_once_the_store_is_writable_again(
    explorer: Explorer, world: World
) -> None:
    for number in (1, 2):
        kept(world, number)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("space", "j", "space", "d")
        await until(lambda: isinstance(explorer.screen, Asking))
        await pilot.press("enter")
        await until(lambda: not rows(explorer))
        with pytest.MonkeyPatch.context() as while_it_lasts:
            mount_read_only(store().folder, while_it_lasts)
            await pilot.press("u")
            await until(lambda: "Read-only file system" in text(explorer))
        await pilot.press("u")
        await until(lambda: rows(explorer) == short(2, 1))


async def test_what_another_brought_back_keeps_nothing_else_deleted(explorer: Explorer, world: World) -> None:
    for number in (1, 2):
        kept(world, number)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("space", "j", "space", "d")
        await until(lambda: isinstance(explorer.screen, Asking))
        await pilot.press("enter")
        await until(lambda: not rows(explorer))
        store().restore(id_of(2))
        await pilot.press("u")
        await until(lambda: "it is not in the trash" in text(explorer))
        await pilot.press("u")
        await until(lambda: rows(explorer) == short(2, 1))


async def test_a_run_has_one_letter_where_it_is_marked_and_where_it_is_compared(
    explorer: Explorer, world: World
) -> None:
    """Also when the first that was marked is not in the table now."""
    for number, target in enumerate(("cube", "chirp", "fourier")):
        kept(world, number, target=target, epochs=3 + number)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("space", "j", "space", "j", "space", "slash", *"!fourier", "enter")
        await until(lambda: "2 runs compared" in text(explorer))
        for number, letter in ((1, "A"), (0, "B")):
            assert re.search(rf"{letter} . {id_of(number)[:15]}", text(explorer)), "in the table"
            assert re.search(rf"{letter} {id_of(number)}", text(explorer)), "in the comparison"


async def test_keys_that_delete_and_move_are_done_in_the_order_in_which_they_came(
    explorer: Explorer, world: World
) -> None:
    """In a burst, too: letters that overtook them were taken away."""
    kept(world, 1)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        for key in ("n", "x", "ctrl+u", "b", "c", "d", "d", "backspace", "e", "home", "a", "enter"):
            explorer.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: store().entries()[0].name)
        assert store().entries()[0].name == "abcde"
        await pilot.press("n")
        await until(lambda: isinstance(explorer.focused, Editor))
        for key in ("ctrl+u", "b", "c", "c", "backspace", "d", "enter"):
            explorer.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: store().entries()[0].name != "abcde")
        assert store().entries()[0].name == "bcd"


async def test_after_a_line_that_was_typed_arrows_choose_runs_again_at_once(
    explorer: Explorer, world: World
) -> None:
    """No other pane has the focus on the way, which would keep it if another key came in the meantime."""
    kept(world, 1)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await until(lambda: explorer.screen.focused is not None)
        table = explorer.screen.focused
        assert await typed_and_taken(explorer, pilot, "t", "x") == [table, table]
