"""Explore: what is drawn of a fit and its counts, at every size, and what is taken elsewhere."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from stand_in import World
from steps import WIDE, ready, text, until

import nnexpr
from nnexpr.specification import FitSpecification
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.screen import copy_file


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30), (120, 40), (200, 60)])
async def test_the_watched_words_stand_beside_their_numbers(size: tuple[int, int], world: World) -> None:
    app = Explorer(FitSpecification.make(width=(16,)), load=world.load)
    async with app.run_test(size=size) as pilot:
        await ready(app)
        await pilot.press("s")
        await until(lambda: "loss 0.5" in text(app))
        top = text(app).splitlines()[0]
        assert re.search(r"loss 0\.5\s+regions 33\s+bends 32", top), top
        assert app.query_one("#fit").region.area
        assert app.query_one("#loss").region.area


async def test_without_a_piecewise_linear_activation_there_are_no_counts(world: World) -> None:
    app = Explorer(FitSpecification.make(activation="tanh"), load=world.load)
    async with app.run_test(size=WIDE):
        await until(lambda: re.search(r"regions n/a\s+bends n/a", text(app)))


async def test_residual_log_axis_and_markers_change_what_is_drawn(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s")
        await until(lambda: re.search(r"target .* fit .* bends", text(explorer)))
        await pilot.press("e")
        await until(lambda: "fit − target" in text(explorer))
        assert explorer.controller.look.log_axis
        await pilot.press("l")
        await until(lambda: not explorer.controller.look.log_axis)
        braille = text(explorer)
        await pilot.press("m", "m")
        await until(lambda: explorer.controller.look.markers == "ascii")
        await until(lambda: not re.search(r"[⠁-⣿]", text(explorer)))
        assert re.search(r"[⠁-⣿]", braille)


async def test_forms_and_counts_lie_over_the_charts_of_a_narrow_terminal(world: World) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("f")
        await until(lambda: "Learning rate" in text(app) or "Encoding bands" in text(app))
        await pilot.press("c")
        await until(lambda: "Encoding bands" not in text(app) and "Parameters" in text(app))
        await pilot.press("escape")
        await until(lambda: "Parameters" not in text(app))


async def test_what_is_not_seen_is_not_drawn(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        loss = explorer.query_one("#loss", ChartPane)
        await pilot.press("z")
        await until(lambda: not loss.region.area)
        rows = loss.rows
        await pilot.press("s", "s")
        await until(lambda: explorer.controller.fit.epoch == 2)
        await pilot.pause()
        assert loss.rows is rows


async def test_the_theme_colours_the_charts(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        fit = explorer.query_one("#fit", ChartPane)
        dark = [segment.style for segment in fit.render_line(5)]
        explorer.theme = "textual-light"
        await pilot.pause()
        await until(lambda: [segment.style for segment in fit.render_line(5)] != dark)


async def test_export_writes_what_is_there_and_says_where(explorer: Explorer, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s")
        await until(lambda: explorer.controller.fit.epoch == 1)
        await pilot.press("x", "enter")
        stem = own_folders / "nnexpr-mlp-fourier-1"
        await until(lambda: "Wrote" in text(explorer))
        assert json.loads(stem.with_suffix(".json").read_text())["epochs"] == 1
        assert "regions" in stem.with_suffix(".svg").read_text()


async def test_copy_gives_the_command_line_and_the_numbers(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("plus")
        await until(lambda: explorer.controller.fit.specification.depth == 4)
        await pilot.press("y")
        await until(lambda: bool(explorer.clipboard))
        lines = explorer.clipboard.splitlines()
        assert lines[0] == "nnexpr-tui fit --network mlp --depth 4 --epochs 0"
        assert lines[2] == "# linear regions 49, bends 48"
        assert copy_file().read_text().splitlines() == lines
        await until(lambda: "also to " in text(explorer))


async def test_what_is_copied_says_how_far_it_was_trained_and_whose_the_loss_is(world: World) -> None:
    app = Explorer(FitSpecification.make(members=3), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("s", "s", "full_stop")
        await until(lambda: app.controller.fit.epoch == 2 and app.controller.fit.snapshot.member == 1)
        await pilot.press("y")
        await until(lambda: bool(app.clipboard))
        assert app.clipboard.splitlines()[:2] == [
            "nnexpr-tui fit --members 3 --epochs 2".replace("fit", "fit --network mlp"),
            "# epoch 2, member 1 (0-2): loss 0.333333",
        ]


async def test_what_is_exported_while_training_is_of_one_moment(
    explorer: Explorer, world: World, own_folders: Path
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.let_train(10**6)
        await pilot.press("space")
        await until(lambda: world.engine.epoch > 100)
        await pilot.press("x", "enter")
        await until(lambda: list(own_folders.glob("*.svg")))
        await until(lambda: "Wrote" in text(explorer))
        [picture], [numbers], [weights] = (
            own_folders.glob(f"*.{end}") for end in ("svg", "json", "safetensors")
        )
        document = json.loads(numbers.read_text())
        epoch, loss = document["epochs"], document["losses"][0]
        assert picture.stem == numbers.stem == weights.stem == f"nnexpr-mlp-fourier-{epoch}"
        assert nnexpr.load(weights).metadata["extra"] == {"epoch": epoch, "losses": [loss]}
        drawn = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", unescape(picture.read_text())))
        assert re.search(rf"epoch {epoch:,} ", drawn)
        await until(lambda: explorer.controller.fit.epoch > epoch)


async def test_what_lies_over_the_screen_is_not_in_the_picture(explorer: Explorer, own_folders: Path) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("x", "enter", "question_mark")
        await until(lambda: "marks under the canvas" in text(explorer))
        await until(lambda: list(own_folders.glob("*.json")))
        await pilot.press("question_mark")
        await until(lambda: list(own_folders.glob("*.svg")))
        drawn = unescape(next(own_folders.glob("*.svg")).read_text()).replace("\xa0", " ")
        assert "epoch" in drawn
        assert "marks under the canvas" not in drawn


async def test_the_counts_are_the_same_in_all_panes_and_say_of_which_epoch(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        world.let_train(10**6)
        await pilot.press("space")
        for _ in range(20):
            await pilot.pause(0.05)
            shown = text(explorer)
            top = re.search(r"regions +(\d+)", shown)
            pane = re.search(r"Linear regions +(\d+)", shown)
            assert top is not None
            assert pane is not None
            assert top[1] == pane[1]
        await until(lambda: re.search(r"Counts at epoch [\d,]+", text(explorer)))
        await pilot.press("space")
        await until(lambda: "Counts at epoch" not in text(explorer))
