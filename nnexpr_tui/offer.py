"""Fits that were cut short, looked for at the start: a person is asked whether to go on with the newest.

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
    from nnexpr.runs.head import Head
    from nnexpr.runs.store import Store

__all__ = ["CutShort", "cut_short", "look_for", "offered", "question", "was_offered"]

MOST_READ = 20  # runs, the newest
MOST_REMEMBERED = 500  # that were offered
MOST_BYTES = 1 << 20


class CutShort(Message):
    """There are some, the newest first."""

    def __init__(self, runs: tuple[Head, ...]) -> None:
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


def cut_short(store: Store) -> tuple[Head, ...]:
    """Those among the newest runs that were not offered yet, the newest first."""
    before, found = was_offered(), []
    for run in reversed(store.runs()[-MOST_READ:]):
        try:
            head = run.head()
        except InputError:  # a damaged file: there is nothing to go on from
            continue
        if head.state == "running" and _moment(head) not in before and not run.holder():
            found.append(head)
    return tuple(found)


def question(runs: Sequence[Head]) -> str:
    """What is asked of the newest."""
    newest = runs[0]
    try:
        fit = FitSpecification.from_config(newest.config)
        words = f"{in_short(fit)} on {fit.target}"
    except (InputError, ValueError, TypeError):
        words = "A run"
    told = f"{clean(words)} was cut short; it is kept up to epoch {newest.epoch:,} ({newest.run})."
    if newest.problem:
        told += f" {clean(newest.problem)}."
    more = len(runs) - 1
    return told + (f" {more} more {'was' if more == 1 else 'were'} too: 7 lists all." if more else "")


def was_offered(path: Path | None = None) -> frozenset[str]:
    """The runs that somebody was asked of before, each with its epoch then."""
    try:
        with (path or _file()).open(encoding="utf-8") as file:
            return frozenset(file.read(MOST_BYTES).split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def offered(runs: Iterable[Head], path: Path | None = None) -> None:
    """Nobody is asked again of these as they are now; where that cannot be written, somebody is."""
    place = path or _file()
    moments = sorted({*was_offered(place), *map(_moment, runs)})[-MOST_REMEMBERED:]  # ids sort by age
    try:
        write_atomically(place, "\n".join(moments) + "\n", durable=False)
    except OSError:
        return


def _moment(head: Head) -> str:
    """A run as it is kept now."""
    return f"{head.run}@{head.epoch}"


def _file() -> Path:
    from platformdirs import user_state_path

    return user_state_path("nnexpr") / "offered.txt"
