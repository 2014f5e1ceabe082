"""Fits that were cut short, looked for at the start: a person is asked whether to go on with the last of them.

A run is one that was cut short where its file says that it trains, and no process does: its line dropped, it was
terminated or killed, or the machine was. Whoever pauses or leaves has it kept as one that stands still. Who has
answered is not asked again of a run at that epoch; one that was trained on and cut short once more is offered again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from nnexpr.atomic import write_atomically
from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.parts.described import in_short
from nnexpr_tui.parts.lines import clean

if TYPE_CHECKING:
    from nnexpr.runs.entry import Entry
    from nnexpr.runs.store import Store

__all__ = ["CutShort", "cut_short", "look_for", "offered", "question", "was_offered"]

MOST_TOLD = 20  # runs, those that were kept last
MOST_REMEMBERED = 500  # that were offered
MOST_BYTES = 1 << 20


class CutShort(Message):
    """There are some, the one that was kept last first."""

    def __init__(self, runs: tuple[Entry, ...]) -> None:
        super().__init__()
        self.runs = runs


def look_for(store: Store, post: Callable[[Message], object]) -> None:
    """Look on a thread of its own, and post them if there are any: of a slow store nothing waits."""

    def work() -> None:
        try:
            found = cut_short(store)
            if found:
                post(CutShort(found))
        except (InputError, OSError, RuntimeError):  # a store that cannot be read; an explorer that has ended
            return

    threading.Thread(target=work, name="cut short", daemon=True).start()


def cut_short(store: Store) -> tuple[Entry, ...]:
    """Those that nobody was asked of as they are, the one that was kept last first."""
    before = was_offered()
    found = [
        entry
        for entry in store.entries()
        if entry.state == "interrupted" and entry.session == "running" and _moment(entry) not in before
    ]
    return tuple(sorted(found, key=lambda entry: (entry.written, entry.id), reverse=True)[:MOST_TOLD])


def question(runs: Sequence[Entry]) -> str:
    """What is asked of the first."""
    first = runs[0]
    try:
        fit = FitSpecification.from_config(first.config)
        words = f"{in_short(fit)} on {fit.target}"
    except (InputError, ValueError, TypeError):
        words = "A run"
    called = f"{clean(first.name)}, {first.id}" if first.name else first.id
    told = f"{clean(words)} was cut short; it is kept up to epoch {first.epoch:,} ({called})."
    if first.problem:
        told += f" {clean(first.problem)}."
    more = len(runs) - 1
    return told + (f" {more} more {'was' if more == 1 else 'were'} too: 7 lists all." if more else "")


def was_offered(path: Path | None = None) -> frozenset[str]:
    """The runs that somebody was asked of before, each with its epoch then."""
    try:
        with (path or _file()).open(encoding="utf-8") as file:
            return frozenset(file.read(MOST_BYTES).split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def offered(runs: Iterable[Entry], path: Path | None = None) -> None:
    """Nobody is asked again of these as they are now; where that cannot be written, somebody is."""
    place = path or _file()
    moments = sorted({*was_offered(place), *map(_moment, runs)})[-MOST_REMEMBERED:]  # ids sort by age
    try:
        write_atomically(place, "\n".join(moments) + "\n", durable=False)
    except OSError:
        return


def _moment(run: Entry) -> str:
    """A run as it is kept now."""
    return f"{run.id}@{run.epoch}"


def _file() -> Path:
    from platformdirs import user_state_path

    return user_state_path("nnexpr") / "offered.txt"
