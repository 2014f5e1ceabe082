"""The Runs screen: what is in its table, what its keys do, and that no store can hold it up or mislead it."""

from __future__ import annotations

import json
import math
import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from runs_kept import id_of, kept, kept_many, opened, rows, short
from stand_in import World
from steps import SIZES, WIDE, ready, text, until
from textual.events import Key

from nnexpr.runs.entry import Entry
from nnexpr.runs.holding import hold
from nnexpr.runs.index.question import Answer
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import Store, store
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
from nnexpr_tui.app import Explorer
from nnexpr_tui.last_seen import LastSeen
from nnexpr_tui.parts.asking import Asking
from nnexpr_tui.parts.palette import Palette
from nnexpr_tui.runs.asked import AnswerScreen, told_of
from nnexpr_tui.runs.panes import Columns


@pytest.mark.parametrize("size", SIZES)
async def test_the_newest_is_first_and_chosen_and_its_numbers_are_told(
    explorer: Explorer, world: World, size: tuple[int, int]
) -> None:
    for number, target in enumerate(("cube", "chirp", "fourier")):
        kept(world, number, epochs=3 + number, target=target)
    async with explorer.run_test(size=size) as pilot:
        view = await opened(explorer, pilot)
        await until(lambda: rows(explorer) == short(2, 1, 0))
        assert view.chosen is not None
        assert view.chosen.id == id_of(2)
        await until(lambda: re.search(r"Epoch +5 of 1,000", text(explorer)))
        await until(lambda: re.search(r"Loss +0.167", text(explorer)))
        await pilot.press("j")
        await until(lambda: re.search(r"Epoch +4 of 1,000", text(explorer)))


async def test_the_regions_are_those_of_the_network_and_the_charts_are_drawn(
    explorer: Explorer, world: World
) -> None:
    """A comb has a region more than units, whatever it is the share of."""
    kept(world, 1, width=(7,))
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        units = 7 * (view.chosen.config["depth"] - 1)  # type: ignore[union-attr]
        await until(lambda: re.search(rf"Regions +{units + 1}, bends {units}", text(explorer)))
        assert "mean squared error" in text(explorer)
        await pilot.press("e")
        await until(lambda: "fit − target" in text(explorer))


async def test_a_run_that_diverged_is_told_no_regions_of_weights_from_before(explorer: Explorer) -> None:
    session = session_of(FitSpecification.make(points=16, width=(4,), lr=1e30, epochs=9))
    recorder = Recorder(session, scene_of(session))
    recorder.record()
    session.step(9)
    assert session.diverged
    Keeper(store(), 0.0, id_of(1)).keep(session, recorder)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await until(lambda: re.search(r"Regions +n/a, it diverged", text(explorer)))


async def test_it_is_narrowed_down_while_typing_and_esc_leaves_it_as_it_was(
    explorer: Explorer, world: World
) -> None:
    for number, target in enumerate(("cube", "chirp", "fourier")):
        kept(world, number, target=target)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("slash", *"chi")
        await until(lambda: rows(explorer) == short(1))
        assert "Runs: 1 of 3" in text(explorer)
        await pilot.press("escape")
        await until(lambda: rows(explorer) == short(2, 1, 0))
        await pilot.press("slash", *"!cube", "space", *"epoch>2", "enter")
        await until(lambda: rows(explorer) == short(2, 1))
        await pilot.press("slash", "end", *" /(")
        await until(lambda: "an expression ends" in text(explorer))
        assert rows(explorer) == short(2, 1), "an unfinished filter leaves the last that was one"
        await pilot.press("escape", "escape")
        await until(lambda: rows(explorer) == short(2, 1, 0))


async def test_a_burst_that_begins_with_a_question_is_its_answer(explorer: Explorer, world: World) -> None:
    """Over a slow line keys come together: none of them may do what it does in the table."""
    for number, target in enumerate(("cube", "chirp")):
        kept(world, number, target=target)
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        for key in ("slash", "c", "u", "b", "e", "enter", "j"):
            explorer.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: rows(explorer) == short(0))
        assert view._wanted.filter == "cube"
        for key in ("slash", "d", "escape", "space"):
            explorer.post_message(Key(key, key if len(key) == 1 else None))
        await until(lambda: view.marked)
        assert view._wanted.filter == "cube"
        assert not isinstance(explorer.screen, Asking)


async def test_every_column_sorts_both_ways(explorer: Explorer, world: World) -> None:
    for number, epochs in enumerate((5, 2, 9)):
        kept(world, number, epochs=epochs, members=number + 1)
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        seen = {}
        for _ in range(len(view._columns.fields)):
            await pilot.press("s")
            by = view._wanted.order.removeprefix("-")
            await until(lambda: view._listing.wanted == view._wanted)  # type: ignore[union-attr]
            seen[by] = [entry.id for entry in view._entries]
            await pilot.press("S")
            await until(lambda: view._listing.wanted == view._wanted)  # type: ignore[union-attr]
            assert sorted(entry.id for entry in view._entries) == sorted(seen[by])
            await pilot.press("S")
        assert seen["epoch"] == [id_of(1), id_of(0), id_of(2)]
        assert seen["loss"] == [id_of(2), id_of(0), id_of(1)]
        assert set(seen) == set(view._columns.fields)


async def test_marked_runs_are_compared_and_opened_side_by_side(explorer: Explorer, world: World) -> None:
    kept(world, 1, width=(4,), lr=0.01)
    kept(world, 2, width=(9,), lr=0.01)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("space", "j", "space")
        await until(lambda: "2 runs compared" in text(explorer))
        await until(lambda: re.search(r"Width +9 +4", text(explorer)))
        assert "Learning rate" not in text(explorer), "what is the same in both"
        await pilot.press("enter")
        await until(lambda: explorer.current_mode == "replay")
        await until(lambda: id_of(1) in text(explorer) and id_of(2) in text(explorer))


async def test_a_run_is_gone_on_with_in_explore(explorer: Explorer, world: World) -> None:
    spec = FitSpecification.make(target="cube", width=(4,), epochs=60, threads=1, points=32)
    session = session_of(spec, modes=True)
    session.step(7)
    keeper = Keeper(store(), 0.0, id_of(1))
    keeper.keep(session, None)
    keeper.release()
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("r")
        await until(lambda: explorer.current_mode == "explore" and explorer.controller.state == "finished")
        await until(lambda: f"{id_of(1)}" in text(explorer).splitlines()[-1])
        assert explorer.controller.specification.target == "cube"
        await pilot.press("7")
        await until(lambda: explorer.current_mode == "runs")
        await pilot.press("r")
        await until(lambda: explorer.current_mode == "explore")
    whole = session_of(spec, modes=True)
    whole.step(spec.epochs)
    assert (store().named(id_of(1)).read().network.parameters == whole.current_network().parameters).all()


async def test_at_most_four_are_marked(explorer: Explorer, world: World) -> None:
    kept_many(world, 5)
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        for _ in range(4):
            await pilot.press("space", "j")
        await pilot.press("space")
        await until(lambda: "4 runs are marked already" in text(explorer))
        assert len(view.marked) == 4
        await pilot.press("escape")
        await until(lambda: not view.marked)


async def test_names_tags_and_notes_are_kept_and_are_never_markup(explorer: Explorer, world: World) -> None:
    run = kept(world, 1)
    evil = "[bold red]x[/] \x1b[31mred"
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("n", *"[b]good[/b]", "enter")
        await until(lambda: "[b]good[/b]" in text(explorer).splitlines()[3])
        await pilot.press("t", *"best small", "enter")
        await until(lambda: re.search(r"Tags +best small", text(explorer)))
        await pilot.press("t", *"best", "enter")
        await until(lambda: re.search(r"Tags +best *│", text(explorer)))
        store().note(run, evil.replace("\x1b", ""))
        await until(lambda: "[bold red]x[/] [31mred" in text(explorer))
    entry = store().entry(run)
    assert entry is not None
    assert (entry.name, entry.tags) == ("[b]good[/b]", ("best",))


async def test_what_is_deleted_is_asked_for_and_comes_back(explorer: Explorer, world: World) -> None:
    for number in (1, 2):
        kept(world, number)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("d")
        await until(lambda: isinstance(explorer.screen, Asking) and "Delete" in text(explorer))
        await pilot.press("escape")
        await until(lambda: not isinstance(explorer.screen, Asking))
        assert len(store().runs()) == 2
        await pilot.press("d")
        await until(lambda: isinstance(explorer.screen, Asking))
        await pilot.press("enter")
        await until(lambda: rows(explorer) == short(1))
        assert [run.id for run in store().runs()] == [id_of(1)]
        await pilot.press("u")
        await until(lambda: rows(explorer) == short(2, 1))


async def test_a_run_that_is_trained_elsewhere_is_not_deleted_nor_gone_on_with(
    explorer: Explorer, world: World
) -> None:
    run = store().find(kept(world, 1))
    assert run is not None
    let_go = hold(run.path)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await until(lambda: "a process trains it" in text(explorer))
        await pilot.press("r")
        await until(lambda: "is training it" in text(explorer))
        await pilot.press("k")
        await until(lambda: "is training it" not in text(explorer))
        await pilot.press("d")
        await until(lambda: isinstance(explorer.screen, Asking))
        await pilot.press("enter")
        await until(lambda: not isinstance(explorer.screen, Asking) and "is training it" in text(explorer))
        assert explorer.current_mode == "runs"
    let_go()
    assert run.path.exists()


async def test_what_others_do_with_the_store_is_seen(explorer: Explorer, world: World) -> None:
    for number in (1, 2):
        kept(world, number)
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        kept(world, 3)
        await until(lambda: rows(explorer) == short(3, 2, 1))
        assert view.chosen is not None
        assert view.chosen.id == id_of(2), "the chosen one stays the chosen one"
        store().find(id_of(2)).delete()  # type: ignore[union-attr]
        await until(lambda: rows(explorer) == short(3, 1))
        assert view.chosen.id in (id_of(1), id_of(3))
        shutil.rmtree(store().folder)
        await until(lambda: "There are no runs in" in text(explorer))
        store().folder.parent.mkdir(parents=True, exist_ok=True)
        store().folder.write_text("not a folder")
        await until(lambda: "The runs cannot be read" in text(explorer))


async def test_a_damaged_file_is_a_sentence(explorer: Explorer, world: World) -> None:
    kept(world, 1)
    store().place(id_of(2)).write_bytes(b"\x10\0\0\0\0\0\0\0{}" + b"\x1b[2J" * 9)
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        assert rows(explorer) == short(2, 1)
        assert view.chosen is not None
        assert view.chosen.state == "damaged"
        words = view.chosen.problem.split()[:3]
        await until(lambda: " ".join(words) in text(explorer))
        await pilot.press("enter")
        await until(lambda: id_of(2) in text(explorer).splitlines()[-1])
        assert explorer.current_mode == "runs"


async def test_only_what_is_seen_is_made_of_ten_thousand_runs(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    count = 10_000
    many = tuple(
        Entry(id=f"2026010{1 + n % 9}-{n % 240000:06}-{n:06x}", state="finished", epoch=n, members=1, target="cube",
              network="mlp", config_text='{"network": "mlp"}')
        for n in range(count)
    )  # fmt: skip
    made: list[Entry] = []
    line = "nnexpr_tui.runs.panes.Columns.line"
    from nnexpr_tui.runs.panes import Columns

    of = Columns.line
    monkeypatch.setattr(
        line, lambda self, entry, *rest, **more: (made.append(entry), of(self, entry, *rest, **more))[1]
    )
    monkeypatch.setattr(Store, "entries", lambda self: many)
    async with explorer.run_test(size=(80, 24)) as pilot:
        view = await opened(explorer, pilot)
        await until(lambda: "Runs: 10,000" in text(explorer))
        for key in ("end", "home", "pagedown", "j"):
            made.clear()
            await pilot.press(key)
            await until(lambda: made)
            assert len(set(map(id, made))) < 100
        await pilot.press("slash", *"epoch>=9990")
        await until(lambda: "Runs: 10 of 10,000" in text(explorer))
        assert all(entry.epoch >= 9990 for entry in view._entries)


async def test_a_slow_store_holds_up_nothing_else(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    """It never answers while the test lasts; training, keys and leaving go on."""
    may_answer = threading.Event()
    monkeypatch.setattr(Store, "entries", lambda self: may_answer.wait(100) and ())
    async with explorer.run_test(size=WIDE) as pilot:
        await ready(explorer)
        await pilot.press("7")
        await until(lambda: "Looking through" in text(explorer))
        await pilot.press("1", "space")
        world.let_train(3)
        await until(lambda: explorer.controller.fit.epoch == 3)
        await pilot.press("7", "j", "slash", *"x", "escape")
        may_answer.set()
        await until(lambda: "There are no runs in" in text(explorer))


async def test_without_a_store_it_says_so(world: World) -> None:
    from nnexpr_tui.settings import Settings

    app = Explorer(load=world.load, settings=Settings(keep_runs=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "No runs are kept here" in text(app)
        await pilot.press("slash", "d", "r", "t", "n", "N", "colon", "x", "y", "enter", "space", "u")
        await pilot.press("1")
        await until(lambda: app.current_mode == "explore")


async def test_a_question_in_sql_is_answered_over_the_screen(explorer: Explorer, world: World) -> None:
    for number in (1, 2):
        kept(world, number, epochs=2 + number)
    async with explorer.run_test(size=WIDE) as pilot:
        await opened(explorer, pilot)
        await pilot.press("colon", *"select sum(epoch) as together from runs", "enter")
        await until(lambda: isinstance(explorer.screen, AnswerScreen))
        await until(lambda: re.search(r"together[\s┃]*7\b", text(explorer)))
        await pilot.press("escape")
        await until(lambda: not isinstance(explorer.screen, AnswerScreen))
        await pilot.press("colon", *"delete from runs", "enter")
        await until(lambda: "it must only read" in text(explorer))
        assert len(store().entries()) == 2


def test_the_columns_of_an_answer_share_the_room_that_there_is() -> None:
    answer = Answer(("name", "note", "epoch"), (("n" * 60, "word " * 30, 12), ("x", "y", 3)), is_cut=False)
    for width in (22, 40, 60, 200):
        told = ["".join(part for part, _ in line) for line in told_of("select", answer, width)[2:]]
        assert all(cell_len(line) <= width for line in told)
        assert all(line.split()[-1] == last for line, last in zip(told, ("epoch", "12", "3"), strict=True))


async def test_the_recording_of_the_chosen_run_is_exported(
    explorer: Explorer, world: World, tmp_path: Path
) -> None:
    run = kept(world, 1)
    async with explorer.run_test(size=WIDE) as pilot:
        view = await opened(explorer, pilot)
        await until(lambda: view.recordings())
        await pilot.press("x")
        await until(lambda: isinstance(explorer.screen, Palette) and ".csv" in text(explorer))
        await pilot.press("enter")
        names = [tmp_path / f"nnexpr-{run}{ending}" for ending in (".json", ".safetensors", ".svg")]
        await until(lambda: all(name.exists() for name in names))
        document = json.loads(names[0].read_text())
        assert (document["id"], document["epoch"]) == (run, 3)
        assert names[1].read_bytes() == store().place(run).read_bytes()


async def test_filter_order_and_chosen_run_come_back(world: World) -> None:
    for number, target in enumerate(("cube", "chirp", "fourier", "cube")):
        kept(world, number, target=target)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot)
        await pilot.press("slash", *"cube", "enter", "s", "S", "j")
        await until(lambda: rows(app) == short(3, 0) or rows(app) == short(0, 3))
        await pilot.press("q")
    kept_of = LastSeen.load()[0].views["Runs"]
    assert kept_of["filter"] == "cube"
    again = Explorer(load=world.load)
    async with again.run_test(size=WIDE) as pilot:
        view = await opened(again, pilot)
        await until(lambda: "Runs: 2 of 4" in text(again))
        assert view.kept() == kept_of


@pytest.mark.parametrize("width", [58, 74, 78, 118])
def test_that_a_loss_is_not_finite_is_told_whole(world: World, own_folders: Path, width: int) -> None:
    kept(world, 1)
    [entry] = store().entries()
    line = Columns(width).line(replace(entry, least_loss=math.nan), "", is_chosen=False)
    told = "".join(part for part, _ in line)
    assert "not finite" in told
