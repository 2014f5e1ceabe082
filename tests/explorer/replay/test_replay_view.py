"""Replay: every snapshot can be reached, its numbers are its own, and training is not in the way."""

from __future__ import annotations

import re

import pytest
from stand_in import World
from steps import WIDE, ready, shows, text, until

from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.numbers import number
from nnexpr_tui.replay.charts import Standing
from nnexpr_tui.replay.panes import MomentPane
from nnexpr_tui.replay.view import ReplayView
from nnexpr_tui.training.engine import frequencies


async def test_before_any_training_there_is_epoch_0(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("2")
        await until(lambda: re.search(r"Snapshot +1 of 1", text(explorer)))
        await pilot.press("left", "space", "end")
        assert re.search(r"Epoch +0 ", text(explorer))


async def test_before_the_engine_is_there_it_says_what_to_do(world: World) -> None:
    world.may_load.clear()
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("2")
        await until(lambda: "Nothing is trained yet" in text(app))
        assert "space starts." in " ".join(re.sub("[│┃]", " ", text(app)).split())
        await pilot.press("left", "space")
        world.may_load.set()
        await until(lambda: re.search(r"Snapshot +1 of 1", text(app)))


async def test_it_moves_through_the_training_with_the_counts_of_each_moment(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for epochs in range(1, 13):
            await pilot.press("s")
            await until(lambda epochs=epochs: explorer.controller.fit.epoch == epochs)
        await pilot.press("2")
        for key, epoch in (("left", 11), ("home", 0), ("right", 1), ("j", 11), ("k", 1), ("end", 12)):
            await pilot.press(key)
            await until(lambda epoch=epoch: re.search(rf"Epoch +{epoch} ", text(explorer)))
            await until(lambda: re.search(r"Linear regions +33", text(explorer)))


class Watch:
    """A clock that goes a twentieth of a play with each look at it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


async def test_it_plays_from_the_beginning_to_the_newest_and_stops(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a pace at which none is passed over; what is painted is in the order of the snapshots."""
    monkeypatch.setattr("nnexpr_tui.replay.view.monotonic", Watch())
    play_on, visited = ReplayView._play_on, list[float | None]()
    show_moment, painted = MomentPane.show_moment, list[int]()

    def playing(view: ReplayView) -> None:
        play_on(view)
        visited.append(view.position.at)

    def showing(pane: MomentPane, run: Standing, playing: bool) -> int:
        if playing:
            painted.append(run.index + 1)
        return show_moment(pane, run, playing)

    monkeypatch.setattr(ReplayView, "_play_on", playing)
    monkeypatch.setattr(MomentPane, "show_moment", showing)
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for epochs in range(1, 16):
            await pilot.press("s")
            await until(lambda epochs=epochs: explorer.controller.fit.epoch == epochs)
        await pilot.press("2")
        await until(lambda: re.search(r"Snapshot +16 of 16", text(explorer)))
        await pilot.press("space")
        await until(lambda: None in visited and re.search(r"Snapshot +16 of 16 +│", text(explorer)))
        assert painted == sorted(painted)
        assert painted[0] == 1
        assert len(set(painted)) > 2
        assert visited == [pytest.approx(15 * k / 20) for k in range(1, 20)] + [None]


async def test_axes_hold_over_the_whole_replay(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "s")
        await until(lambda: explorer.controller.fit.epoch == 2)
        await pilot.press("2", "home")
        await until(lambda: re.search(r"Epoch +0 ", text(explorer)))
        fit = explorer.screen.query_one("#replay-fit", ChartPane)

        def labels() -> list[str]:
            lines = [fit.render_line(y).text for y in range(fit.size.height)]
            return [found.group() for line in lines if (found := re.match(r" *-?[\d.]+┤", line))]

        first = labels()
        await pilot.press("end")
        await until(lambda: re.search(r"Epoch +2 ", text(explorer)))
        assert labels() == first
        assert len(first) >= 3


async def test_training_goes_on_while_an_earlier_moment_is_shown(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "space", "2", "home")
        await until(lambda: re.search(r"Snapshot +1 of", text(explorer)))
        world.let_train(40)
        await until(lambda: world.engine.epoch == 41 and "epoch 41" in text(explorer))
        assert re.search(r"Epoch +0 ", text(explorer))


async def test_the_frequencies_are_those_of_the_moment_that_is_shown(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "s", "s", "2")
        await until(lambda: shows(explorer, "Epoch", "3"))
        found = []
        for key, epoch in (("end", 3), ("home", 0)):
            await pilot.press(key)
            fit = explorer.controller.fit
            snapshot = next(each for each in fit.recording.snapshots if each.epoch == epoch)
            found.append([number(float(value), 2) for value in frequencies(fit.scene, snapshot)[:5]])
            rows = [rf"  {mode} [^\n]*{re.escape(value)}" for mode, value in enumerate(found[-1])]
            await until(lambda rows=rows: all(re.search(row, text(explorer)) for row in rows))
        assert found[0] != found[1]


async def test_the_modes_over_the_epochs_mark_the_moment_that_is_shown(explorer: Explorer) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        for epochs in range(1, 12):
            await pilot.press("s")
            await until(lambda epochs=epochs: explorer.controller.fit.epoch == epochs)
        await pilot.press("2", "F")
        await until(lambda: "Error modes over epochs, up to 1" in text(explorer))

        def mark() -> int:
            return max(line.find("▲") for line in text(explorer).splitlines())

        await pilot.press("end")
        await until(lambda: shows(explorer, "Epoch", "11") and mark() > 0)
        last = mark()
        await pilot.press("k")
        await until(lambda: 0 < mark() < last)


async def test_the_tangent_kernel_is_that_of_the_moment_that_is_shown(
    explorer: Explorer, world: World
) -> None:
    """Live at epochs 3 and 0, and in Replay at the snapshots of then: the same numbers."""
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("s", "s", "s", "K")
        await until(lambda: "Tangent kernel at epoch 3" in text(explorer))

        def table() -> list[str]:
            return re.findall(
                r"(?:Moved|Alignment|Eff\. rank|Error in 10|Stable lr|Resolved|Condition) +[^│]+",
                text(explorer),
            )

        await until(lambda: len(table()) == 7)
        live = table()
        await pilot.press("2")
        await until(lambda: shows(explorer, "Epoch", "3") and table() == live)
        await pilot.press("home")
        await until(lambda: "Tangent kernel at epoch 0" in text(explorer))
        assert table() != live
        await pilot.press("end")
        await until(lambda: "Tangent kernel at epoch 3" in text(explorer) and table() == live)
