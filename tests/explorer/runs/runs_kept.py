"""Runs in the store of a test, kept the way an explorer keeps them, and the screen that shows them."""

from __future__ import annotations

import re
from typing import Any

from stand_in import StandIn, World
from steps import ready, text, until
from textual.pilot import Pilot

from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import store
from nnexpr.specification import FitSpecification
from nnexpr_tui.app import Explorer
from nnexpr_tui.runs.shown import ShownRuns

__all__ = ["id_of", "kept", "kept_many", "opened", "rows", "short"]


def id_of(number: int) -> str:
    """The id of the run with this number: the higher, the newer."""
    return f"20260101-{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}-{number:06x}"


def kept(world: World, number: int, epochs: int = 3, **options: Any) -> str:
    """A run of a stand-in that has trained so many epochs and stands still; its id."""
    session = StandIn(FitSpecification.make(**{"epochs": 1000, "width": (4,), **options}), world)
    recorder = Recorder(session, scene_of(session))  # type: ignore[arg-type]
    recorder.record()
    session.step(epochs)
    keeper = Keeper(store(), 0.0, id_of(number))
    keeper.keep(session, recorder)  # type: ignore[arg-type]
    assert not keeper.problem
    keeper.release()
    return id_of(number)


def kept_many(world: World, count: int) -> list[str]:
    """As many runs, of which the files are alike but for their names."""
    first = store().find(kept(world, 0))
    assert first is not None
    content = first.path.read_bytes()
    for number in range(1, count):
        store().place(id_of(number)).write_bytes(content)
    return [id_of(number) for number in range(count)]


async def opened(app: Explorer, pilot: Pilot[None]) -> ShownRuns:
    """The screen, once its table says something."""
    await ready(app)
    await pilot.press("7")
    await until(lambda: re.search(r"Runs: \d|There are no runs|cannot be read|No runs are kept", text(app)))
    [view] = app.screen.query(ShownRuns)
    return view


def rows(app: Explorer) -> list[str]:
    """The ids in the table, from the top, as far as they are shown."""
    return re.findall(r"[▶‖■!·?] (20260101-\d{6})", text(app))


def short(*numbers: int) -> list[str]:
    return [id_of(number)[:15] for number in numbers]
