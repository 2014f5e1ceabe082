"""What is on the screens, at every size, and the ways around them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from stand_in import World
from steps import SIZES, WIDE, ready, text, until
from textual.app import SystemCommand
from textual.events import Key

from nnexpr_tui.actions import ANYWHERE
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.footer import FooterLine
from nnexpr_tui.parts.help import HelpScreen
from nnexpr_tui.parts.jump import JumpScreen
from nnexpr_tui.parts.palette import Palette, matching
from nnexpr_tui.screens import ABSENT, APPLICATION, SCREENS
from nnexpr_tui.textual_private import is_ended


async def test_below_60_by_20_it_says_so(world: World) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=(50, 15)):
        await until(lambda: "at least 60×20" in text(app))


@pytest.mark.parametrize("key", ["1", "3", "7"])
async def test_room_again_gives_the_focus_back(explorer: Explorer, key: str) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press(key)
        await until(lambda: explorer.screen.focused is not None)
        await pilot.resize_terminal(20, 5)
        await until(lambda: "too small" in text(explorer))
        await pilot.pause()
        await pilot.resize_terminal(*WIDE)
        await until(lambda: explorer.screen.focused is not None)


async def test_help_opens_for_the_focused_pane_and_closes(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for key in ("question_mark", "f1"):
            await pilot.press(key)
            await until(
                lambda: isinstance(explorer.screen, HelpScreen) and "marks under the canvas" in text(explorer)
            )
            await pilot.press(key)
            await until(lambda: not isinstance(explorer.screen, HelpScreen))


async def test_screens_switch_by_digits_and_keep_their_state(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for name, views in reversed(SCREENS.items()):
            await pilot.press(views[0].key)
            await until(lambda name=name: explorer.current_mode == name)
            await pilot.pause()
        assert len(world.engines) == 1


async def test_the_palette_has_every_action(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        offered = " ".join(command.title for command in explorer.get_system_commands(explorer.screen))
        for action in (*SCREENS["explore"][0].actions, *ANYWHERE, *APPLICATION):
            assert action.label in offered or action.name == "command_palette"
        await pilot.press("ctrl+p")
        await until(lambda: isinstance(explorer.screen, Palette))


def test_what_is_typed_whole_is_found_first(explorer: Explorer) -> None:
    choices = [SystemCommand(row.label, row.help, lambda: None) for row in (*ANYWHERE, *APPLICATION)]
    assert matching("", choices) == choices
    for choice in choices:
        assert matching(f" {choice.title.upper()}", choices)[0].title == choice.title
        assert choice in matching(choice.help, choices)
    assert matching("no such thing at all", choices) == []


async def test_the_palette_does_what_is_typed_in_one_burst(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE):
        await ready(explorer)
        for key in ("ctrl+p", *"zoom", "enter"):
            explorer.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: explorer.query_one("#fit").region.width == 120)


async def test_the_palette_is_chosen_from_by_arrows_and_by_clicks(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for way in ("keys", "mouse"):
            await pilot.press("ctrl+p")
            await until(lambda: isinstance(explorer.screen, Palette) and "One epoch" in text(explorer))
            before = explorer.controller.fit.epoch
            titles = [command.title for command in explorer.get_system_commands(explorer.explorer_screen)]
            at = titles.index("One epoch (s)")
            if way == "keys":
                await pilot.press(*["down"] * (at + 1), "up", "enter")
            else:
                await pilot.click("#palette-list", offset=(4, at))
            await until(lambda before=before: explorer.controller.fit.epoch == before + 1)


async def test_zoom_shows_the_focused_pane_alone_and_esc_brings_the_others_back(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        before = explorer.query_one("#fit").region
        await pilot.press("z")
        await until(lambda: explorer.query_one("#fit").region.width == 120)
        assert not explorer.query_one("#loss").region.area
        await pilot.press("escape")
        await until(lambda: explorer.query_one("#fit").region == before)


async def test_jump_goes_to_a_pane_that_is_put_away(world: World) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("ctrl+o")
        await until(lambda: isinstance(app.screen, JumpScreen) and " h Counts " in text(app))
        await pilot.press("h")
        await until(lambda: not isinstance(app.screen, JumpScreen) and "Activation reg." in text(app))
        await pilot.press("escape")
        await until(lambda: app.focused is not None and app.focused.id == "fit")


async def test_tab_goes_from_pane_to_pane(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        seen = set()
        for _ in range(7):
            await pilot.press("tab")
            seen.add(explorer.focused.id if explorer.focused else None)
        assert seen == {"architecture", "target", "training", "fit", "loss", "counts", "frequencies"}


async def test_export_into_a_folder_that_is_named(explorer: Explorer, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("X")
        await until(lambda: "Export to folder" in text(explorer))
        await pilot.press("ctrl+u", *"there", "enter", "enter")
        await until(lambda: (own_folders / "there" / "nnexpr-mlp-fourier-0.json").exists())


async def test_a_frame_may_arrive_before_a_screen_is_composed_and_after_the_end(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with explorer.run_test(size=WIDE):
        await ready(explorer)
        for name in list(SCREENS)[1:]:
            explorer.switch_mode(name)
            while not explorer.screen.is_mounted:
                explorer._draw()
                await asyncio.sleep(0)
        draws: list[None] = []
        monkeypatch.setattr(explorer.clock, "_draw", lambda: draws.append(None) or 0)
        explorer.clock.stop()
        explorer.clock.arrived(urgent=True)
        await asyncio.sleep(0.05)
        assert not draws


@pytest.mark.parametrize("name", list(SCREENS)[1:])
async def test_a_screen_opened_as_the_end_begins_is_composed_first(explorer: Explorer, name: str) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        explorer.controller.worker.stop()
        await until(explorer.controller.worker.stopped.is_set)
        explorer.switch_mode(name)
        explorer.leave(0)
        await pilot.press("question_mark")
        await until(lambda: is_ended(explorer))
    assert explorer.return_code == 0


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("ctrl+p", "escape"),
        ("question_mark", "escape"),
        ("question_mark", "f1"),
        ("ctrl+o", "escape"),
        ("ctrl+o", "a"),
    ],
)
async def test_an_overlay_closes_once_though_its_keys_come_in_one_burst(
    explorer: Explorer, opening: str, closing: str
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press(opening)
        await until(lambda: len(explorer.screen_stack) == 2 and explorer.screen.is_mounted)
        for _ in range(3):
            explorer.post_message(Key(closing, None))
        await until(lambda: len(explorer.screen_stack) == 1)
        await pilot.press("s")
        await until(lambda: explorer.controller.fit.epoch == 1)


async def test_a_theme_is_chosen_from_the_palette(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        explorer.action_change_theme()
        await until(lambda: "Search for themes" in text(explorer))
        await pilot.press(*"gruvbox")
        await until(lambda: re.search(r"gruvbox\b.*\n.*gruvbox\b", text(explorer)))
        await pilot.press("enter")
        await until(lambda: explorer.theme == "gruvbox" and len(explorer.screen_stack) == 1)


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_stands_with_its_digit_on_one_line(
    explorer: Explorer, size: tuple[int, int]
) -> None:
    """Where there is no room for all names, that of the present screen is whole, and the others have five letters."""
    entries = [views[0] for views in SCREENS.values()]
    has_room = sum(len(entry.screen) + 4 for entry in entries) <= size[0]
    assert has_room or size[0] == 60
    async with explorer.run_test(size=size) as pilot:
        await ready(explorer)
        for name, present in zip(SCREENS, entries, strict=True):
            await pilot.press(present.key)
            tabs = ("  " if has_room else " +").join(
                f"{entry.key} {entry.screen}" if has_room or entry is present
                else rf"{entry.key} {entry.screen[:3]}\w*"
                for entry in entries
            )  # fmt: skip
            await until(
                lambda name=name, tabs=tabs: explorer.current_mode == name and re.search(tabs, text(explorer))
            )


async def test_a_digit_without_a_screen_says_which_there_are(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for action in ABSENT:
            await pilot.press(action.keys)
            await until(lambda action=action: f"There is no screen {action.keys}" in text(explorer))
        assert {row.keys for row in ABSENT} | {views[0].key for views in SCREENS.values()} == set(
            "0123456789"
        )


async def test_a_tab_can_be_clicked(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await until(lambda: " 2 Replay " in text(explorer))
        await pilot.click("#tabs", offset=(text(explorer).splitlines()[-2].index("Replay"), 0))
        await until(lambda: explorer.current_mode == "replay")


@pytest.mark.parametrize("size", SIZES)
async def test_forms_and_counts_are_in_the_footer_at_every_size(
    explorer: Explorer, size: tuple[int, int]
) -> None:
    async with explorer.run_test(size=size):
        await ready(explorer)
        await until(lambda: "f Forms" in text(explorer) and "c Counts" in text(explorer))


async def test_a_question_takes_the_place_of_a_note_of_two_lines(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        explorer.say("word " * 30)
        await until(lambda: explorer.screen.query_one(FooterLine).size.height == 2)
        await pilot.press("X")
        await until(lambda: "Export to folder:" in text(explorer))
        await until(lambda: explorer.screen.query_one(FooterLine).size.height == 1)
        await pilot.resize_terminal(100, 40)
        await until(lambda: explorer.screen.query_one(FooterLine).size.width == 100)
        assert "Export to folder:" in text(explorer)
        await pilot.press("escape")
        await until(lambda: "Export to folder:" not in text(explorer))
