"""Compose, its manifold: what keys move and train is seen at once, beside the twin, and left alone on other screens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from stand_in import World
from steps import SIZES, WIDE, living, ready, text, until
from textual.pilot import Pilot

from nnexpr_tui.app import Explorer
from nnexpr_tui.manifold.subject import ManifoldSubject
from nnexpr_tui.parts.charts import ChartPane

NUMBER = r"([\d.,]+(?:e[-+]\d+)?)"


def both(app: Explorer, label: str) -> tuple[float, float]:
    """The numbers of the network and of its twin; NaN where they are not shown."""
    found = re.search(rf"{label} +{NUMBER} +{NUMBER}", text(app))
    return tuple(float(value.replace(",", "")) for value in found.groups()) if found else (float("nan"),) * 2


def peaks(app: Explorer) -> list[float]:
    """Of the layers that can be read, in their order."""
    return [float(found) for found in re.findall(r"[▸ ]\d+ +\[?(0\.\d\d\d)[\] ]", text(app))]


def status(app: Explorer) -> str:
    return text(app).partition("\n")[0]


async def opened(app: Explorer, pilot: Pilot[Any], *keys: str) -> None:
    """The manifold with its first numbers, then these keys."""
    await ready(app)
    await pilot.press("3", "v")
    await until(lambda: both(app, "Regions") == (32, 32))
    if keys:
        await pilot.press(*keys)


async def trained(app: Explorer, pilot: Pilot[Any], epoch: str, *keys: str) -> None:
    """These keys, and the share of epochs that they train."""
    await pilot.press(*keys, "s")
    await until(lambda: re.search(rf"paused +stage \d +epoch {epoch} ", status(app)))


@pytest.mark.parametrize("size", SIZES)
async def test_the_words_stand_beside_their_numbers(explorer: Explorer, size: tuple[int, int]) -> None:
    async with explorer.run_test(size=size) as pilot:
        await opened(explorer, pilot)
        assert re.search(r"ready +stage 1 +epoch 0 +loss 0\.00953 +regions 32", status(explorer))
        assert both(explorer, "Bends") == (31, 31)
        assert both(explorer, "Loss") == (0.00953, 0.00953)
        assert "v Folds" in text(explorer)
        seen = [
            pane
            for pane in explorer.screen.view.all_panes
            if isinstance(pane, ChartPane) and pane.is_on_screen
        ]
        assert len([pane for pane in seen if pane.region.area]) == (4 if size == WIDE else 2)


async def test_layers_are_opened_one_by_one(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        assert all(name in text(explorer) for name in ("Layer 1 of 5", "t1", "t2", "sum 1", "x**3"))
        await pilot.press("right", "right")
        await until(lambda: "Layer 3 of 5" in text(explorer) and "sum 3" in text(explorer))
        await pilot.press("left", "left", "left", "left")
        await until(lambda: "Layer 1 of 5" in text(explorer))
        await pilot.press("+")
        await until(lambda: both(explorer, "Regions") == (64, 64) and re.search(r"2\^6 +64", text(explorer)))
        await pilot.press(*["right"] * 9)
        await until(lambda: "Layer 6 of 6" in text(explorer))
        await pilot.press("-")
        await until(lambda: "Layer 5 of 5" in text(explorer))


async def test_slopes_gaps_and_loss_take_turns_where_there_is_little_room(explorer: Explorer) -> None:
    async with explorer.run_test(size=(80, 24)) as pilot:
        await opened(explorer, pilot)
        for title in ("Slopes", "Slope gaps at the bends", "─ Loss ─", "Layer 1 of 5"):
            await pilot.press("o")
            await until(lambda title=title: title in text(explorer))


async def test_peaks_move_and_stay_inside(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await until(lambda: peaks(explorer) == [0.5] * 5)
        await pilot.press("up", "right", "down", "right", "pageup", "right", "pagedown")
        await until(lambda: peaks(explorer) == [0.51, 0.49, 0.55, 0.45, 0.5])
        assert both(explorer, "Loss") != (0.00953, 0.00953)
        assert both(explorer, "Regions") == (32, 32)
        await pilot.press(*["pageup"] * 12)
        await until(lambda: peaks(explorer)[3] == 0.98)
        await pilot.press("d")
        await until(lambda: peaks(explorer) == [0.5] * 5)


async def test_the_square_of_halves_has_the_known_error(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "T")
        await until(lambda: "square, 5 layers" in text(explorer))
        assert both(explorer, "Max error") == (2.44e-4, 2.44e-4)  # 4^-6
        assert both(explorer, "Slope gap") == (0.0625, 0.0625)  # 2^-4
        await pilot.press("t")
        await until(lambda: "cube, 5 layers" in text(explorer))


async def test_a_scale_that_is_moved_is_free_until_it_follows_again(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        assert "Peaks, scales follow" in text(explorer)
        await pilot.press("p", "up")
        await until(lambda: "[0.255]" in text(explorer) and "Peaks, free scales" in text(explorer))
        assert "stage 2" in status(explorer)
        await pilot.press("f")
        await until(lambda: "Peaks, scales follow" in text(explorer) and "[0.25]" in text(explorer))
        assert "stage 1" in status(explorer)


async def test_waves_are_added_and_peaks_drawn(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "a")
        await until(lambda: "x**3 by x + waves" in text(explorer))
        await pilot.press("a", "R")
        await until(lambda: "--seed 0" in text(explorer) and peaks(explorer)[:2] == [0.637, 0.270])
        await pilot.press("R")
        await until(lambda: "--seed 1" in text(explorer) and peaks(explorer)[:2] == [0.512, 0.950])


async def test_stage_by_stage_beside_the_twin(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await trained(explorer, pilot, "1,000")
        first = both(explorer, "Loss")
        assert first[0] < 1e-4
        assert both(explorer, "Regions")[0] == 32
        assert both(explorer, "Regions")[1] < 32
        learnt = peaks(explorer)
        assert learnt != [0.5] * 5
        await pilot.press("n")
        await until(lambda: "peaks and free scales" in text(explorer))
        await trained(explorer, pilot, "2,000")
        second = both(explorer, "Loss")
        assert second[0] < first[0]
        await trained(explorer, pilot, "3,000", "n")
        assert both(explorer, "Loss")[0] < second[0] / 5
        assert "The weights have left the" in text(explorer)
        await pilot.press("up")
        await until(lambda: "left the manifold" in text(explorer).rpartition("╯")[2])
        await pilot.press("n")
        await until(lambda: "last one" in text(explorer))
        await pilot.press("r")
        await until(lambda: peaks(explorer) == [0.5] * 5 and "epoch 0 " in status(explorer))


async def test_peaks_move_on_from_where_stage_1_has_brought_them(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await trained(explorer, pilot, "1,000")
        learnt = peaks(explorer)
        await pilot.press("up")
        await until(lambda: "epoch 0 " in status(explorer))
        assert peaks(explorer) == pytest.approx([learnt[0] + 0.01, *learnt[1:]], abs=1.1e-3)


async def test_space_starts_and_pauses_and_a_pause_stands_still(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "space")
        await until(lambda: re.search(r"training +stage 1 +epoch [1-9]", status(explorer)))
        await pilot.press("space")
        await until(lambda: "paused" in status(explorer))
        manifold = await living(explorer, ManifoldSubject)
        epoch = manifold._pair.epoch
        assert f"epoch {epoch:,} " in status(explorer)
        await until(lambda: manifold.wait is None)
        assert manifold._pair.epoch == epoch


async def test_on_other_screens_it_trains_on_and_nothing_is_shown_of_it(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "space", "1")
        await until(lambda: "Architecture" in text(explorer))
        assert explorer.controller.moment(ManifoldSubject) is None
        assert "ready" in status(explorer)
        manifold = await living(explorer, ManifoldSubject)
        epoch = manifold._pair.epoch
        await until(lambda: manifold._pair.epoch > epoch)
        await pilot.press("space")
        world.let_train(50)
        await until(lambda: re.search(r"training +epoch 50", status(explorer)))
        await pilot.press("3")
        await until(lambda: re.search(r"training +stage 1", status(explorer)))
        await pilot.press("v")
        await until(lambda: re.search(r"training +epoch 50", status(explorer)))


async def test_each_view_has_its_keys(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "]", "v")
        await until(lambda: "Knots needed" in text(explorer))
        assert re.search(r"Knots +8 ", text(explorer))
        await pilot.press("p", "f", "+")
        await until(lambda: re.search(r"Folds +7 ", text(explorer)))
        await pilot.press("v", "question_mark")
        await until(
            lambda: "Keys in Manifold" in text(explorer) and "compositional network" in text(explorer)
        )


async def test_every_pane_can_be_alone(explorer: Explorer) -> None:
    async with explorer.run_test(size=(80, 24)) as pilot:
        await opened(explorer, pilot, "z")
        await until(
            lambda: explorer.screen.view.zoomed is not None and explorer.screen.view.zoomed.region.width > 70
        )
        assert "x**3" in text(explorer)
        await pilot.press("z", "ctrl+o")
        await until(lambda: " f Loss" in text(explorer))
        await pilot.press("f")
        await until(lambda: "mean squared error" in text(explorer))
        assert explorer.screen.view.zoomed.id == "manifold-loss"


async def test_what_is_copied_trains_again_and_what_is_exported_is_there(
    explorer: Explorer, tmp_path: Path
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await trained(explorer, pilot, "1,000")
        await pilot.press("y")
        line, *numbers = explorer.clipboard.splitlines()
        assert line == (
            "nnexpr-tui fit --network compositional --peaks 0.5,0.5,0.5,0.5,0.5 --target cube"
            " --stages 1 --epochs 1000"
        )
        assert any(number.startswith("# by stages: loss 3.5") for number in numbers)
        await pilot.press("x")
        stem = tmp_path / "nnexpr-manifold-cube-1000"
        written = [
            stem.with_name(stem.name + end) for end in (".json", ".svg", ".safetensors", "-twin.safetensors")
        ]
        await until(lambda: all(path.exists() for path in written))
        assert json.loads(written[0].read_text())["by_stages"]["linear_regions"] == 32


async def test_the_error_is_shown_in_place_of_the_fit(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot, "e")
        await until(lambda: "network − target" in text(explorer) and "GD alone − target" in text(explorer))
        await pilot.press("e")
        await until(lambda: "− target" not in text(explorer))


async def test_the_learning_rate_changes_without_a_restart(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await trained(explorer, pilot, "1,000")
        await pilot.press(">")
        await until(lambda: "lr 0.002" in status(explorer) and "epoch 1,000 " in status(explorer))
        await pilot.press("y")
        assert "--schedule steps:1000=0.002 --epochs 1000" in explorer.clipboard.splitlines()[0].replace(
            "--stages 1 ", ""
        )
        assert "--lr" not in explorer.clipboard.splitlines()[0]  # it began with fit's own


async def test_before_the_engine_is_there_it_keeps_the_keys(world: World) -> None:
    world.may_load.clear()
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("3", "v")
        await until(lambda: "loading torch" in text(app))
        await pilot.press("up", "right", "down")
        world.may_load.set()
        await until(lambda: peaks(app) == [0.51, 0.49, 0.5, 0.5, 0.5])


async def test_the_opened_layer_stays_in_sight(explorer: Explorer) -> None:
    async with explorer.run_test(size=(60, 20)) as pilot:
        await opened(explorer, pilot, *["+"] * 9)
        await until(lambda: re.search(r"2\^10", text(explorer)) or both(explorer, "Regions") == (1024, 1024))
        await pilot.press(*["right"] * 9)
        await until(lambda: "▸10" in text(explorer))
