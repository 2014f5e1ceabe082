"""Forms: every option can be reached, changed by arrows or typing, and a wrong value costs nothing."""

from __future__ import annotations

import re

import pytest
from stand_in import StandIn, World
from steps import WIDE, ready, text, typed_and_taken, until
from textual.pilot import Pilot

from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.targets.build import idle_options
from nnexpr_tui.app import Explorer
from nnexpr_tui.controller import DEFAULT_EPOCHS
from nnexpr_tui.parts.editor import Editor
from nnexpr_tui.parts.form import Form


async def go_to(pilot: Pilot[None], form: str, option: str) -> Form:
    """Focus a form and move its cursor to an option."""
    pane = pilot.app.query_one(f"#{form}", Form)
    pane.focus()
    await pilot.pause()
    for _ in range(len(OPTIONS)):
        if pane.option == option:
            return pane
        await pilot.press("j")
    raise AssertionError(f"{option} is not in the form {form}")


async def test_every_option_that_means_something_is_in_a_form(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        names = {"network": "architecture", "target": "target", "training": "training", "machine": "training"}
        shown = explorer.controller.specification
        for name, option in OPTIONS.items():
            if shown.relevant(name) and name not in idle_options(shown):
                await go_to(pilot, names[option.group], name)


async def test_an_option_comes_and_goes_with_what_it_means_something_for(
    explorer: Explorer, world: World
) -> None:
    def rows(form: str) -> set[str]:
        return set(explorer.query_one(f"#{form}", Form)._names)

    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await until(lambda: rows("target") == {"target", "points", "domain", "noise", "terms", "target_seed"})
        await go_to(pilot, "target", "target")
        await pilot.press("enter", *["backspace"] * 7, *"cube", "enter")
        await until(lambda: world.engine.specification.target == "cube")
        await until(lambda: rows("target") == {"target", "points", "domain", "noise"})
        await go_to(pilot, "target", "noise")
        await pilot.press("right")
        await until(lambda: "target_seed" in rows("target"))
        await go_to(pilot, "architecture", "encoding_bands")
        assert "encoding_raw" not in rows("architecture")
        await pilot.press("right")
        await until(lambda: "encoding_raw" in rows("architecture"))
        assert explorer.query_one("#architecture", Form).option == "encoding_bands"


async def test_the_row_under_the_cursor_stays_when_rows_above_it_go(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        form = await go_to(pilot, "training", "schedule")
        many = explorer.controller.specification.replace(optimizer="sgd")
        form.show(many)
        assert "momentum" in form._names
        assert form.option == "schedule"
        form.show(explorer.controller.specification)
        assert "momentum" not in form._names
        assert form.option == "schedule"


async def test_arrows_change_the_option_under_the_cursor(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await go_to(pilot, "architecture", "members")
        await pilot.press("right", "right", "left")
        await until(lambda: world.engine.specification.members == 2)
        await go_to(pilot, "training", "lr")
        await pilot.press("right")
        await until(lambda: world.engine.specification.lr == 2e-3)


async def test_a_value_is_typed(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await go_to(pilot, "architecture", "width")
        await pilot.press("enter", *"24,7", "enter")
        await until(lambda: world.engine.specification.width == (24, 7))
        await until(lambda: "24,7" in text(explorer))


async def test_letters_that_are_typed_do_nothing_else(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await go_to(pilot, "target", "target")
        await pilot.press("enter", *"sqr 2x?")
        await pilot.press("escape")
        await pilot.pause()
        assert len(world.engines) == 1
        assert world.engine.epoch == 0
        assert explorer.is_running
        assert explorer.controller.specification.target == "fourier"


async def test_a_wrong_value_is_explained_and_can_be_mended(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        form = await go_to(pilot, "architecture", "width")
        await pilot.press("enter", *"24,x")
        await pilot.press("enter")
        await until(lambda: "width is 24,x: it must be a whole number" in text(explorer))
        await until(lambda: re.search(r"Width +\S*24,x", text(explorer)))
        await pilot.press("backspace", "8", "enter")
        await until(lambda: world.engine.specification.width == (24, 8))
        assert explorer.focused is form


async def test_a_contradiction_is_explained_where_it_is_typed(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await go_to(pilot, "architecture", "width")
        await pilot.press("enter", *"1,2,3,4", "enter")
        await until(lambda: "a network of depth 3 has 2 hidden layers" in text(explorer))
        assert len(world.engines) == 1


async def test_a_file_that_is_not_there_can_be_typed_again(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await go_to(pilot, "target", "target")
        await pilot.press("enter", *"chrip", "enter")
        await until(lambda: "target is chrip" in text(explorer))
        await until(lambda: "chrip" in text(explorer).split("Target ")[2].splitlines()[0])
        await pilot.press("end", "backspace", "backspace", "backspace", *"irp", "enter")
        await until(lambda: world.engine.specification.target == "chirp")


async def test_another_network_shows_its_own_options_and_the_first_comes_back_as_it_was(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("plus", "plus")
        await go_to(pilot, "architecture", "network")
        await pilot.press("right")
        await until(lambda: world.engine.specification.network == "shallow" and "Knots" in text(explorer))
        assert "Initialiser" not in text(explorer)
        await pilot.press("left")
        await until(
            lambda: world.engine.specification == FitSpecification.make(epochs=DEFAULT_EPOCHS, depth=5)
        )


async def test_a_click_goes_to_a_row_and_changes_it(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        form = explorer.query_one("#architecture", Form)
        await pilot.click(form, offset=(3, 2))
        assert form.option == "depth"
        await pilot.click(form, offset=(16, 2))
        await until(lambda: world.engine.specification.depth == 2)


async def test_control_characters_of_a_name_do_not_reach_the_terminal(world: World) -> None:
    app = Explorer(FitSpecification.make(target="csv:\x1b[31mred\x07.csv"), load=world.load)
    async with app.run_test(size=WIDE):
        await ready(app)
        assert "\x1b" not in text(app)
        assert "\x07" not in text(app)


async def test_a_value_is_cut_where_it_tells_least_and_whole_under_the_cursor(world: World) -> None:
    path = "csv:data/y1984.csv"
    app = Explorer(FitSpecification.make(activation="leaky_relu", target=path), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        assert re.search(r"Activation +leaky_r\w*…", text(app)), text(app)
        assert re.search(r"Target +…\w*1984\.csv", text(app))
        await go_to(pilot, "architecture", "activation")
        await until(lambda: "‹ leaky_relu ›" in text(app))
        await go_to(pilot, "target", "target")
        await until(lambda: f"‹ {path} ›" in text(app))


async def test_what_is_longer_than_its_row_is_said_whole_under_the_cursor(world: World) -> None:
    path = "csv:" + "measurements/" * 4 + "y1984.csv"
    app = Explorer(FitSpecification.make(target=path), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        assert path not in text(app)
        await go_to(pilot, "target", "target")
        await until(lambda: f"Target: {path}" in text(app))


async def test_after_a_value_that_was_typed_its_form_has_the_focus_at_once(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        form = await go_to(pilot, "architecture", "depth")
        assert await typed_and_taken(explorer, pilot, "enter", "5") == [form, form]


async def test_a_value_that_was_refused_is_mended_where_it_ends(
    explorer: Explorer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = world.build

    def strict(specification: FitSpecification) -> StandIn:
        if specification.target == "csv:a.csvx":
            raise InputError("target", specification.target, "there is no such file")
        return build(specification)

    monkeypatch.setattr(world, "build", strict)
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await go_to(pilot, "target", "target")
        await pilot.press("enter", *"csv:a.csvx", "enter")
        await until(lambda: "there is no such file" in text(explorer))
        await until(lambda: explorer.screen.query(Editor) and explorer.screen.query_one(Editor).has_focus)
        await pilot.press("backspace")
        assert explorer.screen.query_one(Editor).value == "csv:a.csv"
