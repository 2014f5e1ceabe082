"""What the tests of the explorer have in common: waiting for a condition, and reading the screen."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from nnexpr_tui.app import Explorer
from nnexpr_tui.experiments.runs import ExperimentRuns
from nnexpr_tui.parts.editor import Editor
from nnexpr_tui.textual_private import on_display
from nnexpr_tui.worker.scheduler import Scheduler
from nnexpr_tui.worker.subject import Subject

S = TypeVar("S", bound=Subject[Any])
PAINTED = "_painted_text"
STAND_IN = Path(__file__).with_name("experiments") / "experiment_stand_in.py"
GATE = "gate"
PATIENCE = 100.0  # seconds; nothing is asserted about time, this only ends a test that hangs
WIDE = (120, 40)
SIZES = (WIDE, (80, 24), (60, 20))  # those that are promised


async def until(condition: Callable[[], object]) -> None:
    """Let the application run until the condition holds."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "what was waited for did not happen"
        await asyncio.sleep(0.01)


async def ready(app: Explorer) -> None:
    """Wait for the first frame on the screen."""
    await until(lambda: app.controller.fit is not None and re.search(r"\bready\b", text(app)))


def seated(subject: S) -> S:
    """The subject, looked at, with a scheduler whose thread is this one: it is asked and given turns by the test."""
    scheduler = Scheduler(lambda message: None, subject)
    scheduler.look(frozenset({type(subject)}))
    subject.begin(scheduler)
    return subject


async def typed_and_taken(app: Explorer, pilot: Pilot[None], *keys: str) -> list[Widget]:
    """Press these, which open a line to type in, then enter; what had the focus on the way, beside the line."""
    had: list[Widget] = []
    app.screen.watch(app.screen, "focused", lambda widget: had.append(widget))
    await pilot.press(*keys)
    await until(lambda: app.screen.query(Editor) and app.screen.query_one(Editor).has_focus)
    await pilot.press("enter")
    await until(lambda: not app.screen.query(Editor))
    await pilot.pause()
    return [widget for widget in had if not isinstance(widget, Editor)]


async def living(app: Explorer, topic: type[S]) -> S:
    """The subject on the engine's thread, as that thread finds it: no other may look it up."""
    found: list[S] = []
    app.controller.worker.ask(topic, found.append)
    await until(lambda: found)
    return found[0]


def text(app: Explorer) -> str:
    """What can be read on the screen, as it was last painted: never new lines in a layout that is yet to come."""
    return str(getattr(app, PAINTED, ""))


def shows(app: Explorer, label: str, value: str) -> bool:
    """Whether the label can be read beside the whole of this value."""
    return re.search(rf"{label} +{value}(?![\d.]|,\d)", text(app)) is not None


def keep_what_is_painted(patch: pytest.MonkeyPatch) -> None:
    """Have every explorer keep the text of its last painting for :func:`text`."""
    patch.setattr(Explorer, "_display", on_display(Explorer, lambda app, text: setattr(app, PAINTED, text)))


def state(app: Explorer) -> str:
    return app.controller.state


def stand_in_experiments(patch: pytest.MonkeyPatch) -> None:
    """Have every explorer run stand-ins in the place of experiments; they wait for the gate."""

    def command(name: str, *, quick: bool, folder: Path, threads: int | None) -> list[str]:
        kind = "quick" if quick else "full"
        return [sys.executable, str(STAND_IN), name, kind, str(Path(GATE).absolute()), str(folder)]

    patch.setattr("nnexpr_tui.experiments.view.ExperimentRuns", partial(ExperimentRuns, command=command))
