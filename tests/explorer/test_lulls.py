"""What is done while no key is pressed: screens are there before they are shown, and nothing else changes by that."""

from __future__ import annotations

import gc
from functools import partial
from weakref import ref

import pytest
from stand_in import World
from steps import WIDE, living, ready, text, until
from textual.app import App
from textual.screen import Screen

from nnexpr_tui import lulls
from nnexpr_tui.app import Explorer
from nnexpr_tui.folds.subject import FoldsSubject
from nnexpr_tui.lulls import QUIET, TICK, Lulls
from nnexpr_tui.screens import SCREENS
from nnexpr_tui.textual_private import exception_of, screens_made


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lulls, "TICK", 0.02)
    monkeypatch.setattr(lulls, "QUIET", 1)


async def test_screens_are_made_while_another_is_shown(soon: None, explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await until(lambda: set(screens_made(explorer)) == set(SCREENS))
        before = screens_made(explorer)
        await until(lambda: all(screen.is_mounted and screen.size == WIDE for screen in before.values()))
        assert explorer.current_mode == "explore"
        assert "Explore" in text(explorer)
        for name, views in SCREENS.items():
            await pilot.press(views[0].key)
            await until(lambda name=name: explorer.current_mode == name)
            assert explorer.screen is before[name]
        assert exception_of(explorer) is None


async def test_what_compose_shows_first_is_answered_before_it_is_shown(
    soon: None, explorer: Explorer
) -> None:
    """Its first answer loads what finds it: longer than any key may take."""
    async with explorer.run_test(size=WIDE):
        await ready(explorer)
        await until(lambda: set(screens_made(explorer)) == set(SCREENS))
        folds = await living(explorer, FoldsSubject)
        await until(lambda: folds.moment() is not None)
        assert explorer.current_mode == "explore"


async def test_none_is_made_after_the_end(soon: None) -> None:
    app = App[None]()
    async with app.run_test():
        made = []
        app.add_mode("other", lambda: made.append(1))
        held = Lulls(app, ["other"])
        held.begin()
        held.end()
        for _ in range(lulls.LONG):
            held._use()
        assert not made


async def test_after_a_short_lull_one_is_made_or_drawn_a_tick_and_none_that_is_there_costs_one() -> None:
    """A screen that is made when its key is pressed takes more than a key may: few keys must come before all are."""
    assert TICK * QUIET <= 0.5
    app = App[None]()
    async with app.run_test():
        made: list[str] = []

        def making(name: str) -> Screen[None]:
            made.append(name)
            return Screen()

        for name in ("first", "second", "third"):
            app.add_mode(name, partial(making, name))
        await app.switch_mode("first")
        drawn: list[bool] = []  # the second is not ready when it is first asked
        held = Lulls(app, ["first", "second", "third"], lambda screen: drawn.append(True) or len(drawn) > 1)
        for _ in range(3):  # keys that follow one another
            for _ in range(QUIET - 1):
                held._use()
            held.key()
        assert made == ["first"]
        for _ in range(QUIET):
            held._use()
        assert made == ["first", "second"]
        for seen in (1, 2):
            held._use()
            assert made == ["first", "second"]
            assert len(drawn) == seen
        held._use()
        assert made == ["first", "second", "third"]
        for _ in range(3):
            held._use()
        assert made == ["first", "second", "third"]
        assert len(drawn) == 3


async def test_screens_made_before_another_theme_show_it(soon: None, world: World) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await until(lambda: set(screens_made(app)) == set(SCREENS))
        app.theme = "textual-light"
        await pilot.press("2")
        await until(lambda: app.current_mode == "replay")
        light = app.theme_variables["background"]
        await until(lambda: app.screen.styles.background.hex == light.upper())
        await pilot.press("1")
        app.theme = "gruvbox"
        await pilot.press("2")
        await until(lambda: app.current_mode == "replay")
        await until(lambda: app.screen.styles.background.hex == app.theme_variables["background"].upper())


async def test_garbage_is_looked_for_once_after_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    class Knot:
        pass

    app = App[None]()
    async with app.run_test():
        for name in ("disable", "freeze", "enable", "set_threshold"):
            monkeypatch.setattr(gc, name, lambda *_: None)
        looked: list[int] = []
        collect = gc.collect
        monkeypatch.setattr(gc, "collect", lambda: looked.append(collect()))
        quiet = Lulls(app, [])
        quiet.tend_garbage()
        quiet.begin()
        for _ in range(2 * lulls.LONG):
            quiet._use()
        assert not looked  # no key was pressed
        knot = Knot()
        knot.self, gone = knot, ref(knot)
        del knot
        for _ in range(3):  # keys that follow one another
            quiet.key()
            for _ in range(lulls.LONG - 1):
                quiet._use()
        assert not looked
        for _ in range(2 * lulls.LONG):
            quiet._use()
        assert len(looked) == 1
        assert gone() is None
        quiet.end()
