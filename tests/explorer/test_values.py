"""The cursor of every chart: what stands beside a name is what the engine holds at that place, at every size."""

from __future__ import annotations

import re

import numpy as np
import pytest
from stand_in import World
from steps import SIZES, WIDE, ready, text, until

from nnexpr.specification import FitSpecification
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.help import _paragraphs
from nnexpr_tui.parts.numbers import number


def read(app: Explorer, pane: str) -> dict[str, str]:
    """What the lower border of a chart says, by name."""
    words = app.screen.query_one(pane, ChartPane).reading.split("  ")
    return {name: value for name, _, value in (word.rpartition(" ") for word in words)}


@pytest.mark.parametrize("size", SIZES)
async def test_the_fit_is_read_at_points_of_its_grid(explorer: Explorer, size: tuple[int, int]) -> None:
    async with explorer.run_test(size=size) as pilot:
        await ready(explorer)
        await pilot.press("V")
        await until(lambda: re.search(r"x 0\.5 .*error -?\d", text(explorer)))
        for keys in ((), ("right",), ("right", "shift+right"), ("left",), ("home",), ("end",)):
            await pilot.press(*keys)
            fit = explorer.controller.fit
            scene, snapshot = fit.scene, fit.snapshot
            shown = read(explorer, "#fit")
            at = int(np.argmin(abs(scene.x - float(shown["x"]))))
            wanted = {
                "x": number(float(scene.x[at]), 6),
                "target": number(float(scene.truth[at]), 4),
                "fit": number(float(snapshot.prediction[at]), 4),
                "error": number(float(snapshot.prediction[at] - scene.truth[at]), 4),
            }
            assert shown.items() >= wanted.items(), keys
            await until(lambda wanted=wanted: f"x {wanted['x']}  " in text(explorer))
        assert at == len(scene.x) - 1
        await pilot.press("escape")
        await until(lambda: "  error " not in text(explorer))


async def test_the_loss_is_read_at_an_epoch_with_best_median_and_rate(world: World) -> None:
    app = Explorer(FitSpecification.make(members=3, lr=0.02), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press(*"ssss")
        await until(lambda: app.controller.fit.epoch == 4)
        app.query_one("#loss").focus()
        await pilot.press("V", "home", "right")
        await until(lambda: "median" in read(app, "#loss"))
        at = int(read(app, "#loss")["epoch"])
        loss = number(1 / (1 + at), 4)
        wanted = {"loss": loss, "best": loss, "median": loss, "lr": "0.02"}
        assert read(app, "#loss").items() >= wanted.items()
        await pilot.press("e", "V")
        await until(lambda: not read(app, "#loss").get("epoch"))


async def test_every_other_screen_reads_its_charts_and_keeps_its_arrow_keys(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "2")
        await until(lambda: re.search(r"Snapshot +2 of 2", text(explorer)))
        await pilot.press("V")
        await until(lambda: "fit" in read(explorer, "#replay-fit"))
        before = read(explorer, "#replay-fit")["x"]
        await pilot.press("left")
        await until(lambda: float(read(explorer, "#replay-fit")["x"]) < float(before))
        assert re.search(r"Snapshot +2 of 2", text(explorer))
        await pilot.press("escape", "left")
        await until(lambda: re.search(r"Snapshot +1 of 2", text(explorer)))
        await pilot.press("3")
        await until(lambda: re.search(r"Folds +6", text(explorer)))
        await pilot.press("V")
        await until(lambda: "wave" in read(explorer, "#fold-wave"))
        shown = read(explorer, "#fold-wave")
        assert float(shown["wave"]) in (0.0, 1.0)  # at a corner


async def test_what_the_border_has_no_room_for_is_said_below(world: World) -> None:
    app = Explorer(FitSpecification.make(members=3), load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        pane = app.query_one("#fit", ChartPane)
        pane.focus()
        await pilot.press("V")
        await until(lambda: pane.reading)
        pane.styles.width = 30
        await until(lambda: "error" not in pane.reading)
        await pilot.press("right")
        await until(lambda: re.search(r"x 0\.\d+ .*target .*fit .*error -?\d", text(app)))


async def test_where_there_is_no_chart_it_says_so(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("6", "V")
        await until(lambda: "There is no chart here" in text(explorer))


async def test_help_on_a_chart_has_the_keys_of_its_cursor(explorer: Explorer) -> None:
    async with explorer.run_test(size=(120, 60)) as pilot:
        await ready(explorer)
        await pilot.press("question_mark")
        await until(
            lambda: "Keys of the cursor" in text(explorer) and "V  a cursor on a chart" in text(explorer)
        )


def test_a_text_is_wrapped_by_paragraphs_and_not_by_the_lines_of_its_source() -> None:
    words = "By layer: " + "so many " * 40
    lines = _paragraphs("Counts", f"What is counted\nis counted.\n{words}\nAt most: less", 60)
    shown = ["".join(run for run, _ in line) for line in lines]
    assert shown[:2] == ["Counts", "What is counted is counted."]
    assert all(len(line) > 50 for line in shown[2:7])
    assert shown[-2:] == ["At most: less", ""]
