"""The offer at the start: of which runs, until it is answered, and that it is in nobody's way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from stand_in import World
from steps import WIDE, living, ready, text, until

from nnexpr.runs.entry import Entry
from nnexpr.runs.folder import damaged_file
from nnexpr.runs.holding import hold
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import Store, store
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.fit import session_of
from nnexpr_tui.app import Explorer
from nnexpr_tui.offer import cut_short, offered, question, was_offered
from nnexpr_tui.parts.asking import Asking
from nnexpr_tui.presets import PRESETS
from nnexpr_tui.training.begun import taken_up
from nnexpr_tui.training.subject import FitSubject

SPEC = FitSpecification.make(target="cube", width=(4,), epochs=60, threads=1, points=32)


def interrupted(run: str, *, state: str = "running", epochs: int = 7) -> str:
    """A run whose file says that it trains, or another state."""
    session = session_of(SPEC, modes=True)
    recorder = Recorder(session, scene_of(session))
    recorder.record()
    session.step(epochs)
    if state == "running":
        session.start()
    keeper = Keeper(store(), 0.0, run)
    keeper.keep(session, recorder)
    keeper.release()
    return run


RUN, OLDER = "20260102-000000-000002", "20260101-000000-000001"


async def test_the_newest_is_gone_on_with_and_ends_as_one_that_never_stopped(world: World) -> None:
    for run in (OLDER, RUN):
        interrupted(run)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: isinstance(app.screen, Asking) and "cut short" in text(app))
        assert f"epoch 7 ({RUN})" in text(app)
        assert "1 more was too" in text(app)
        await pilot.press("enter")
        await until(lambda: app.controller.fit is not None and app.controller.fit.run == RUN)
        await until(lambda: app.controller.state == "finished")
        fit = await living(app, FitSubject)
        whole = session_of(SPEC, modes=True)
        whole.step(SPEC.epochs)
        assert fit.session is not None
        assert (fit.session.current_network().parameters == whole.current_network().parameters).all()
        assert app.controller.specification.target == "cube"
        await pilot.press("q")
    head = store().named(RUN).head()
    assert (head.epoch, head.state) == (60, "finished")


async def test_nobody_is_asked_twice(world: World) -> None:
    interrupted(RUN)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: isinstance(app.screen, Asking) and "cut short" in text(app))
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, Asking))
    assert cut_short(store()) == ()
    interrupted(OLDER)
    assert [entry.id for entry in cut_short(store())] == [OLDER], "of others somebody is"
    interrupted(RUN, epochs=9)
    assert [entry.id for entry in cut_short(store())] == [RUN, OLDER], "and of one that was trained on since"


async def test_what_was_gone_on_with_and_cut_short_again_is_offered_again(world: World) -> None:
    interrupted(RUN)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: isinstance(app.screen, Asking) and "cut short" in text(app))
        await pilot.press("enter")
        await until(lambda: not isinstance(app.screen, Asking))
        await until(lambda: app.controller.fit is not None and app.controller.fit.run == RUN)
        assert was_offered() == frozenset()
        assert cut_short(store()) == (), "while it trains here, nobody is asked"
        await pilot.press("q")


async def test_a_question_that_nobody_was_there_to_answer_is_asked_again(world: World) -> None:
    interrupted(RUN)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE):
        await until(lambda: isinstance(app.screen, Asking) and "cut short" in text(app))
        app.leave(129)
        await until(lambda: app.controller.worker.stopped.is_set())
    assert [entry.id for entry in cut_short(store())] == [RUN]


async def test_where_the_last_checkpoint_is_damaged_the_one_before_is_offered_and_it_is_said(
    world: World,
) -> None:
    interrupted(RUN)
    interrupted(RUN, epochs=9)
    place = store().place(RUN)
    damaged = bytearray(place.read_bytes())
    damaged[-9] ^= 1
    place.write_bytes(damaged)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: isinstance(app.screen, Asking) and "cut short" in text(app))
        await pilot.press("enter")
        await until(lambda: app.controller.fit is not None and app.controller.fit.run == RUN)
        await until(lambda: "stands in. Going on with" in " ".join(text(app).split()))
        await until(lambda: app.controller.state == "finished")
        await pilot.press("q")
    assert damaged_file(place).read_bytes() == damaged, "it is set aside"
    assert store().named(RUN).head().epoch == SPEC.epochs


async def test_of_two_that_take_up_one_run_the_second_is_refused_at_once(
    world: World, tmp_path: Path
) -> None:
    interrupted(RUN)
    first = taken_up(RUN, store(), 60.0)
    with pytest.raises(InputError, match="is training it"):
        taken_up(RUN, store(), 60.0)
    assert first.keeper is not None
    first.keeper.release()
    taken_up(RUN, store(), 60.0).keeper.release()


def test_of_several_the_one_that_was_kept_last_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    written = {OLDER: "2026-01-03T10:00:00+00:00", RUN: "2026-01-02T10:00:00+00:00"}
    entries = [
        Entry(id=run, state="interrupted", session=session, written=at, name=name)
        for run, at in written.items()
        for session, name in (("running", "night"), ("paused", ""), ("stopped", ""))
    ]
    monkeypatch.setattr(
        Store, "entries", lambda _: (*entries, Entry(id=RUN, state="running", session="running"))
    )
    found = cut_short(store())
    assert [entry.id for entry in found] == [OLDER, RUN]
    assert f"(night, {OLDER})" in question(found)


async def test_a_key_that_answers_nothing_does_what_it_does(world: World) -> None:
    interrupted(RUN)
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: isinstance(app.screen, Asking) and "cut short" in text(app))
        await pilot.press("space")
        await until(lambda: app.controller.state == "running")
        assert app.controller.fit is not None
        assert app.controller.fit.run is None


async def test_whoever_has_begun_is_told_and_not_held_up(world: World) -> None:
    interrupted(RUN)
    world.may_load.clear()
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("plus")
        world.may_load.set()
        await until(lambda: "7 lists it, and r there goes on" in text(app))
        assert not isinstance(app.screen, Asking)


@pytest.mark.parametrize("way", ["fresh", "preset", "held", "paused", "no runs"])
async def test_where_nothing_was_cut_short_or_a_start_is_for_something_else_nobody_is_asked(
    world: World, way: str
) -> None:
    if way != "no runs":
        interrupted(RUN, state="paused" if way == "paused" else "running")
    let_go = hold(store().place(RUN)) if way == "held" else lambda: None
    app = Explorer(
        load=world.load, fresh=way == "fresh", preset=PRESETS["folding"] if way == "preset" else None
    )
    async with app.run_test(size=WIDE):
        await until(lambda: app.controller.fit is not None)
        if way in ("fresh", "preset"):
            assert not app._asks
        else:
            assert cut_short(store()) == ()
        assert not isinstance(app.screen, Asking)
    let_go()


@pytest.mark.parametrize(("code", "state"), [(0, "paused"), (143, "running")])
async def test_who_leaves_has_it_kept_as_one_that_stands_still(world: World, code: int, state: str) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("space")
        world.let_train(3)
        await until(lambda: app.controller.fit.epoch == 3)
        app.leave(code)
        await until(lambda: app.controller.worker.stopped.is_set())
    [run] = store().runs()
    assert run.head().state == state


async def test_what_another_fit_took_the_place_of_was_not_cut_short(world: World) -> None:
    app = Explorer(load=world.load)
    async with app.run_test(size=WIDE) as pilot:
        await ready(app)
        await pilot.press("s", "r")
        await until(lambda: re.search("epoch +0", text(app)))
        fit = await living(app, FitSubject)
        first = fit._earlier[-1][0].session
        first.seconds = 10.0
        await pilot.press("s", "u")
        await until(lambda: fit.session is first)
        await pilot.press("space", "r")
        await until(lambda: len(store().runs()) == 2)
    assert [run.head().state for run in store().runs()] == ["paused", "paused"]


def test_a_list_that_cannot_be_read_or_written_forgets_and_harms_nothing(tmp_path: Path) -> None:
    place = tmp_path / "state" / "offered.txt"
    entries = [store().entry(interrupted(run)) for run in (OLDER, RUN)]
    assert was_offered(place) == frozenset()
    offered(entries, place)
    assert was_offered(place) == {f"{OLDER}@7", f"{RUN}@7"}
    place.write_bytes(b"\xff\xfe\0")
    assert was_offered(place) == frozenset()
    place.unlink()
    place.mkdir()
    offered(entries, place)
    assert was_offered(place) == frozenset()
