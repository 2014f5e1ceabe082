"""Several runs side by side: one set of axes, one clock, told apart with colours and without, at every size."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from stand_in import World
from steps import SIZES, WIDE, ready, shows, text, until
from textual.pilot import Pilot

from nnexpr.runs.events import events
from nnexpr.runs.store import store
from nnexpr_tui.app import Explorer
from nnexpr_tui.presets import Preset
from nnexpr_tui.replay import lanes as lanes_module
from nnexpr_tui.replay.charts import Standing
from nnexpr_tui.replay.panes import FitsPane
from nnexpr_tui.replay.view import ReplayView
from nnexpr_tui.training.moment import FitMoment


async def replay(app: Explorer, pilot: Pilot[None], epochs: int) -> ReplayView:
    """On the screen, with a fit of so many epochs that stands still."""
    await ready(app)
    for done in range(1, epochs + 1):
        await pilot.press("s")
        await until(lambda done=done: app.controller.fit.epoch == done)
    await pilot.press("2")
    await until(lambda: re.search(rf"Snapshot +{epochs + 1} of {epochs + 1}", text(app)))
    return app.screen.query_one(ReplayView)


async def vary(app: Explorer, pilot: Pilot[None], world: World, title: str, mark: str, epochs: int) -> None:
    """A variant of the chosen run, trained to where it stands still."""
    await pilot.press("a")
    await until(lambda: "Search for variants" in text(app))
    await pilot.press(*title)
    await until(lambda: title in text(app))
    await pilot.press("enter")
    await until(lambda: re.search(rf"\b{mark} . ", text(app)))
    world.let_train(epochs)
    await until(lambda: row(app, mark)[1] == epochs)


def row(app: Explorer, mark: str) -> tuple[str, int]:
    """Of the table: how the run trains, and its epoch."""
    found = re.search(rf"[ ▸]{mark} (.) [^\n]*? {{2,}}([\d,]+) +\S+ +[\d…]", text(app))
    return (found.group(1), int(found.group(2).replace(",", ""))) if found else ("", -1)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "LEAST_EPOCHS", 3)


async def test_a_variant_stands_beside_its_run_on_the_same_axes(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 6)
        await vary(explorer, pilot, world, "Twice as wide", "B", 6)
        assert "A fit" in text(explorer)
        assert "B width 32" in text(explorer)
        assert "─ This moment ─" not in text(explorer)
        pane = explorer.screen.query_one(FitsPane)
        half = (pane.content_size.width - 1) // 2
        lines = [pane.render_line(y).text for y in range(pane.content_size.height)]
        labels = [
            [re.match(r" *(-?[\d.]+)┤", part) for part in (line[:half], line[half + 1 :])] for line in lines
        ]
        told = [tuple(found and found.group(1) for found in pair) for pair in labels]
        assert sum(left is not None for left, _ in told) >= 3
        assert all(left == right for left, right in told), "one vertical axis"
        await pilot.press("o")
        await until(lambda: re.search(r"target .* A fit .* B width 32", text(explorer)))
        await pilot.press("d")
        await until(lambda: "─ This moment ─" in text(explorer))
        assert "The fit is put away" in text(explorer)
        assert shows(explorer, "Epoch", "6")


async def test_each_shows_the_newest_snapshot_that_is_not_later_and_stays_at_its_end(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 6)
        await vary(explorer, pilot, world, "Another seed", "B", 6)
        await pilot.press("1", "s", "s")
        await until(lambda: explorer.controller.fit.epoch == 8)
        await pilot.press("2")
        await until(lambda: (row(explorer, "A")[1], row(explorer, "B")[1]) == (8, 6))
        await pilot.press("left")
        await until(lambda: (row(explorer, "A")[1], row(explorer, "B")[1]) == (7, 6))
        await pilot.press("home")
        await until(lambda: (row(explorer, "A")[1], row(explorer, "B")[1]) == (0, 0))
        await pilot.press("c", "c")  # by loss, which follows from the epoch alone here
        await until(lambda: "The clock goes by loss" in text(explorer))
        await pilot.press("right", "right")
        await until(lambda: row(explorer, "A")[1] == 2)
        assert "at loss 0.333" in text(explorer)
        assert "Epochs to a loss" in text(explorer)
        other = explorer.screen.query_one(ReplayView).runs[1].recording
        low = next(snapshot.epoch for snapshot in other.snapshots if snapshot.loss <= 1 / 3)
        assert row(explorer, "B")[1] == low


async def test_what_stands_below_is_of_all_runs_at_one_time(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 6)
        await vary(explorer, pilot, world, "Twice as wide", "B", 6)
        for key, title in (
            ("F", "Error modes over time"), ("b", "Bends over x and time"), ("b", "Bends over time"),
            ("w", "Error over x and time"), ("w", "From when on each place is learned"), ("w", "─ Loss ─"),
        ):  # fmt: skip
            await pilot.press(key)
            await until(lambda title=title: title in text(explorer))
            assert "A fit" in text(explorer)
            if title.startswith(("Error", "Bends over x")):
                await pilot.press("home", "right", "right")
                marks: list[int] = []

                def marked(marks: list[int] = marks) -> bool:
                    """Both at one place on the axis, of which each map has half."""
                    line = next((line for line in text(explorer).splitlines() if line.count("▲") == 2), "")
                    marks[:] = [at for at, sign in enumerate(line) if sign == "▲"]
                    return bool(marks)

                await until(marked)
                assert abs(marks[1] - marks[0] - 59) <= 1


async def test_the_modes_of_several_runs_are_one_page(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        view = await replay(explorer, pilot, 3)
        explorer.controller.specification = explorer.controller.specification.replace(members=3)
        assert len(view.modes_of) == 2, "of the fit alone, the median too"
        await vary(explorer, pilot, world, "Twice as wide", "B", 3)
        assert len(view.modes_of) == 1
        await pilot.press("F")
        await until(lambda: "Error modes over time" in text(explorer))
        await pilot.press("F")
        await until(lambda: "─ Loss ─" in text(explorer))


async def test_every_snapshot_is_counted_while_the_bends_are_looked_at(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 6)
        await pilot.press("b")
        await until(
            lambda: "Bends over x and time" in text(explorer) and "to be counted" not in text(explorer)
        )
        await pilot.press("b")
        await until(lambda: "─ Bends over time" in text(explorer))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("colors", [True, False])
async def test_four_runs_are_told_apart_at_every_size_with_colours_and_without(
    explorer: Explorer, world: World, size: tuple[int, int], colors: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not colors:
        monkeypatch.setenv("NO_COLOR", "1")
    async with explorer.run_test(size=size) as pilot:
        await ready(explorer)
        await pilot.press("s", "s", "s", "2")
        if not colors:
            await pilot.press("m", "m")  # ASCII
        await until(lambda: explorer.controller.fit.epoch == 3)
        for title, mark in (("Twice as wide", "B"), ("Another seed", "C"), ("A layer deeper", "D")):
            await vary(explorer, pilot, world, title, mark, 3)
        shown = text(explorer)
        assert all(word in shown for word in ("epoch", "loss", "regions", "bends"))
        assert all(row(explorer, mark)[1] == 3 for mark in "ABCD")
        await pilot.press("home")
        await until(lambda: all(row(explorer, mark)[1] == 0 for mark in "ABCD"))


async def test_a_run_is_chosen_paused_and_kept(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 6)
        await vary(explorer, pilot, world, "Twice as wide", "B", 6)
        await pilot.press("n")
        await until(lambda: "▸B" in text(explorer))
        await pilot.press("p")  # beyond where it was to stand still
        await until(lambda: row(explorer, "B")[0] == "▶")
        world.let_train(3)
        await until(lambda: row(explorer, "B")[1] == 9)
        await pilot.press("p")
        await until(lambda: row(explorer, "B")[0] == "‖")
        await pilot.press("S")
        await until(lambda: "B is kept as" in text(explorer))
        assert world.kept == [9]
        await pilot.press("y")
        await until(lambda: "numbers of B" in text(explorer))
        assert (
            explorer.screen.query_one(ReplayView)
            .copied()[0]
            .startswith("nnexpr-tui fit --network mlp --width 32 --epochs 9")
        )


async def test_it_goes_to_where_something_happened_in_any_of_the_runs(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        view = await replay(explorer, pilot, 9)
        await vary(explorer, pilot, world, "Twice as wide", "B", 9)
        recordings = {run.lane.mark: run.recording for run in view.runs}
        there = sorted(
            (recordings[mark].snapshots[event.snapshot].epoch, mark, event.words)
            for mark in "AB"
            for event in events(recordings[mark])
        )
        assert len(there) >= 2
        await pilot.press("home")
        await until(lambda: row(explorer, "A")[1] == 0)
        for epoch, mark, words in [event for event in there if event[0] > 0]:
            await pilot.press("right_square_bracket")
            await until(lambda words=words, mark=mark: f" {mark}: {words}" in text(explorer))
            await until(lambda mark=mark, epoch=epoch: row(explorer, mark)[1] == epoch)
            assert f"▸{mark}" in text(explorer)
        await pilot.press("E")
        await until(lambda: "Search for what happened" in text(explorer))
        await pilot.press("enter")
        await until(lambda: row(explorer, there[0][1])[1] == there[0][0])


async def test_an_event_is_gone_to_by_its_epoch_in_a_recording_that_was_thinned_since(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = ReplayView.stand

    def thinned(view: ReplayView, fit: FitMoment | None) -> list[Standing]:
        """Of what is sought in, every fourth snapshot is left when it is found."""
        if view._wish is not None and fit is not None:
            recording = fit.recording
            fit = replace(fit, recording=replace(recording, snapshots=recording.snapshots[::4]))
        return stand(view, fit)

    async with explorer.run_test(size=WIDE) as pilot:
        view = await replay(explorer, pilot, 9)
        [run] = view.runs
        [*_, last] = events(run.recording)
        at = run.recording.snapshots[last.snapshot].epoch
        assert last.snapshot >= 3
        await pilot.press("home")
        await until(lambda: shows(explorer, "Epoch", "0"))
        monkeypatch.setattr(ReplayView, "stand", thinned)
        await pilot.press("left_square_bracket")
        await until(lambda: last.words[:40] in text(explorer))
        await until(lambda: shows(explorer, "Epoch", str(at // 4 * 4)))


async def test_where_the_jump_went_is_forgotten_with_its_run(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        view = await replay(explorer, pilot, 6)
        await vary(explorer, pilot, world, "Twice as wide", "B", 6)
        gone = next(run.recording for run in view.runs if run.lane.mark == "B")
        view.position.jump(gone, 2)
        await pilot.press("n")
        await until(lambda: row(explorer, "B")[1] == 2)
        await pilot.press("d")
        await until(lambda: "─ This moment ─" in text(explorer))
        assert view.position.pinned is None


async def test_the_list_of_runs_is_that_of_now(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        view = await replay(explorer, pilot, 4)
        await pilot.press("A")
        await until(lambda: "There is no other run" in text(explorer))
        await vary(explorer, pilot, world, "Twice as wide", "B", 4)
        await pilot.press("n", "S")
        await until(lambda: "B is kept as" in text(explorer))
        await pilot.press("d")
        await until(lambda: "─ This moment ─" in text(explorer))
        asked: list[object] = []
        with pytest.MonkeyPatch.context() as patch:  # the store is slow
            patch.setattr(view.controller, "ask", lambda *question: asked.append(question))
            await pilot.press("A")
            view.show(view.controller.fit)
            assert "There is no other run" not in str(view.footer._said)
        view.controller.ask(*asked[-1])  # type: ignore[misc]
        await until(lambda: "mlp on fourier, epoch 4" in text(explorer))


async def test_what_begins_anew_begins_at_the_end_by_epochs_with_the_first(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        view = await replay(explorer, pilot, 4)
        await vary(explorer, pilot, world, "Twice as wide", "B", 4)
        await pilot.press("n", "c", "home", "space", "z")
        await until(lambda: view.zoomed is not None and view._timer is not None)
        view.footer.say("something is wrong", error=True)
        preset = Preset("again", "", "", view="Replay", begin={"beside": ({"seed": 3},)})
        assert explorer.explorer_screen is not None
        explorer.explorer_screen.begin(preset)
        await until(lambda: "B seed 3" in text(explorer))
        assert (view.zoomed, view._timer, view.chosen) == (None, None, "A")
        assert (view.position.clock, view.position.at) == ("epochs", None)
        assert "something is wrong" not in text(explorer)


async def test_a_kept_run_is_opened_from_the_list_of_the_store(explorer: Explorer, world: World) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 4)
        await pilot.press("A")
        await until(lambda: "There is no other run" in text(explorer))
        await vary(explorer, pilot, world, "Twice as wide", "B", 4)
        await pilot.press("n", "S")
        await until(lambda: "B is kept as" in text(explorer))
        await pilot.press("d")
        await until(lambda: "─ This moment ─" in text(explorer))
        await pilot.press("A")
        await until(lambda: "mlp on fourier, epoch 4" in text(explorer))
        await pilot.press("enter")
        await until(lambda: row(explorer, "B") == ("■", 4))
        assert f"width 32, {store().runs()[0].id}" in text(explorer)


async def test_the_explorer_opens_on_kept_runs_side_by_side_and_brings_the_fit(
    explorer: Explorer, world: World
) -> None:
    async with explorer.run_test(size=WIDE) as pilot:
        await replay(explorer, pilot, 4)
        await vary(explorer, pilot, world, "Twice as wide", "B", 4)
        await vary(explorer, pilot, world, "Another seed", "C", 4)
        await pilot.press("n", "S", "n", "S")
        await until(lambda: len(store().runs()) == 2)
    runs = tuple(run.id for run in store().runs())
    opening = Preset("runs", "", "", view="Replay", begin={"runs": runs})
    other = Explorer(load=world.load, opening=opening, fresh=True)
    async with other.run_test(size=WIDE) as pilot:
        await until(lambda: [row(other, mark) for mark in "AB"] == [("■", 4)] * 2)
        assert all(run in text(other) for run in runs)
        assert "fit" not in [run.lane.kind for run in other.screen.query_one(ReplayView).runs]
        await pilot.press("A")
        await until(lambda: "The fit" in text(other))
        await pilot.press("enter")
        await until(lambda: row(other, "C") == ("·", 0))
    other.controller.worker.stop()
