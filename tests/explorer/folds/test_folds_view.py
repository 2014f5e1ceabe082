"""Compose, its folds: a fold doubles the regions, knots follow the keys, only the newest question is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from stand_in import World
from steps import SIZES, WIDE, ready, shows, text, until
from textual.pilot import Pilot

from nnexpr_tui.app import Explorer
from nnexpr_tui.folds.subject import FoldQuestion, FoldsSubject, fold
from nnexpr_tui.parts.charts import ChartPane


async def opened(app: Explorer, pilot: Pilot[Any], *keys: str) -> None:
    """The Compose screen with its first answer, then these keys."""
    await ready(app)
    await pilot.press("3")
    await until(lambda: shows(app, "Linear regions", "64"))
    if keys:
        await pilot.press(*keys)


async def test_a_fold_doubles_the_regions_and_costs_two_units(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        for key, folds in (("+", 7), ("+", 8), ("-", 7), ("-", 6), ("-", 5), ("-", 4)):
            await pilot.press(key)
            await until(lambda folds=folds: shows(explorer, "Folds", str(folds)))
            assert shows(explorer, "Linear regions", str(2**folds))
            assert shows(explorer, "Bends", str(2**folds - 1))
            assert shows(explorer, "Units", str(2 * folds))
            assert shows(explorer, "Knots needed", str(2**folds - 1))


async def test_folds_stay_between_1_and_16(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, *["-"] * 9)
        await until(lambda: shows(explorer, "Linear regions", "2"))
        await pilot.press(*["+"] * 20)
        await until(lambda: shows(explorer, "Linear regions", "65,536"))


async def test_the_sampled_count_is_right_to_5_folds_and_said_to_be_wrong_from_6(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        assert shows(explorer, "Sampled says", "96 wrong")
        await pilot.press("-")
        await until(lambda: shows(explorer, "Sampled says", "32 ok"))


@pytest.mark.parametrize(
    ("keys", "knots"),
    [("]", 9), ("[", 7), ("]]]", 11), ("}", 16), ("}}}", 64), ("{", 4), ("{{{{{{", 1), ("n", 63)],
)
async def test_keys_change_the_knots(explorer: Explorer, keys: str, knots: int) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, *keys)
        await until(lambda: shows(explorer, "Knots", str(knots)))
        assert shows(explorer, "Features", str(knots + 2))
        counts = re.findall(r"Linear regions +(\d+)", text(explorer))
        assert int(counts[1]) <= knots + 1


async def test_as_many_knots_as_needed_leave_no_error(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        assert shows(explorer, r"Error \(mse\)", "0.0833")
        await pilot.press("n")
        await until(lambda: shows(explorer, "Knots needed", "63 ok"))
        assert re.search(r"Error \(mse\) +(0 |\d\.\d\de-[23]\d)", text(explorer))
        await pilot.press("]")
        await until(lambda: shows(explorer, r"Error \(mse\)", "0.0404"))


async def test_space_plays_the_folds_from_the_first_and_stops_at_the_last(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "-", "-", "-")
        await until(lambda: shows(explorer, "Folds", "3"))
        await pilot.press("space")
        for folds in (1, 2, 3):
            await until(lambda folds=folds: shows(explorer, "Folds", str(folds)))
        await until(lambda: explorer.screen.view._timer is None)
        assert shows(explorer, "Folds", "3")
        await pilot.press("space")
        await until(lambda: shows(explorer, "Folds", "1"))
        await pilot.press("+")
        await until(lambda: shows(explorer, "Folds", "2"))
        await until(lambda: explorer.screen.view._timer is None)
        assert shows(explorer, "Folds", "2")


async def test_a_wave_too_fine_is_shown_by_its_first_regions_and_w_shows_all(explorer: Explorer) -> None:
    async with explorer.run_test(size=(80, 24)) as pilot:
        await opened(explorer, pilot, "+", "+", "+")
        await until(lambda: "First 32 of 512 regions" in text(explorer))
        await pilot.press("w")
        await until(lambda: "all 512 regions" in text(explorer))
        await pilot.press("w")
        await until(lambda: "First 32 of 512 regions" in text(explorer))


async def test_more_room_shows_more_regions(explorer: Explorer) -> None:
    async with explorer.run_test(size=(80, 24)) as pilot:
        await opened(explorer, pilot)
        assert "First 32 of 64 regions" in text(explorer)
        await pilot.resize_terminal(*WIDE)
        await until(lambda: "Wave: 64 regions" in text(explorer))


async def test_the_error_is_shown_in_place_of_the_fit(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "e")
        await until(lambda: "fit − wave" in text(explorer))
        await pilot.press("e")
        await until(lambda: "fit − wave" not in text(explorer))


async def test_an_answer_to_an_older_question_is_dropped(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[FoldQuestion] = []
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        monkeypatch.setattr(FoldsSubject, "fold", lambda _, question: asked.append(question))
        for questions in (1, 2):
            await pilot.press("+")
            await until(lambda questions=questions: len(asked) == questions)
        answers: list[FoldQuestion | None] = [None]
        monkeypatch.setattr(FoldsSubject, "moment", lambda _: answers[-1] and fold(answers[-1]))
        for question in reversed(asked):
            answers.append(question)
            explorer.controller.worker.ask(FoldsSubject, lambda _: None)
            await until(lambda: shows(explorer, "Linear regions", "256"))
        await pilot.press("w")
        await until(lambda: len(asked) == 3)
        assert shows(explorer, "Linear regions", "256")


async def test_numbers_and_curves_wait_for_the_answer_together(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        monkeypatch.setattr(FoldsSubject, "fold", lambda *_: None)
        await pilot.press("+")
        await until(lambda: "counting…" in text(explorer))
        assert shows(explorer, "Folds", "6")
        assert "Wave: 64 regions" in text(explorer)


async def test_it_folds_while_training_goes_on(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "1")
        await until(lambda: "Architecture" in text(explorer))
        await pilot.press("space", "3")
        await until(lambda: explorer.controller.state == "running")
        world.let_train(50)
        await pilot.press("+")
        await until(lambda: shows(explorer, "Linear regions", "128"))
        await until(lambda: re.search(r"training +epoch 50", text(explorer)))


async def test_before_the_engine_is_there_it_says_so_and_keeps_the_keys(world: World) -> None:
    world.may_load.clear()
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("3")
        await until(lambda: "loading torch" in text(app))
        await pilot.press("+", "+", "]")
        world.may_load.set()
        await until(lambda: shows(app, "Linear regions", "256") and shows(app, "Knots", "9"))


@pytest.mark.parametrize("size", SIZES)
async def test_the_words_stand_beside_their_numbers(explorer: Explorer, size: tuple[int, int]) -> None:
    async with explorer.run_test(size=size) as pilot:
        await opened(explorer, pilot)
        assert shows(explorer, "Bends", "63")
        assert shows(explorer, "Sampled says", "96 wrong")
        assert shows(explorer, "Error \\(mse\\)", "0.0833")
        assert "v Manifold" in text(explorer)
        assert all(
            pane.is_on_screen for pane in explorer.screen.view.all_panes if isinstance(pane, ChartPane)
        )


async def test_help_names_the_theorem_and_its_keys(explorer: Explorer) -> None:
    async with explorer.run_test(size=(120, 60)) as pilot:
        await opened(explorer, pilot, "question_mark")
        await until(lambda: "Telgarsky" in text(explorer) and "Keys in Folds" in text(explorer))
