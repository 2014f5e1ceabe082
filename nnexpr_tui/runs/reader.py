"""What the Runs screen asks of the store: one thread reads what is kept and changes it.

The event loop asks and goes on, and the engine's thread trains on: however slow the disk is, only this screen waits for
it. Of what is to be listed and looked at the newest wins; changes are made in the order in which they were asked for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from nnexpr.runs.entry import Entry
from nnexpr.runs.filters import ordered, parse
from nnexpr.specification import InputError
from nnexpr_tui.worker.scheduler import Said
from nnexpr_tui.worker.subject import sentence
from nnexpr_tui.worker.warming import compiling

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.index import Answer
    from nnexpr.runs.recording import Recording
    from nnexpr.runs.store import Store

__all__ = ["Answered", "Listed", "Listing", "Looked", "Reader", "Wanted"]

SHARE = 10  # looks whether the store has changed take a tenth of the time at most
REST = 0.1  # seconds without another run chosen before one is read: whoever goes through the table is not held up


class Wanted(NamedTuple):
    """What is to be listed, and in which order: a field, with - before it the other way around."""

    filter: str = ""
    order: str = "-created"


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs that a filter accepts, in order."""

    wanted: Wanted
    entries: tuple[Entry, ...] = ()
    total: int = 0  # without the filter
    refused: str = ""  # why the filter is none; then the entries are those of the last that was
    problem: str = ""  # why the store cannot be read


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """What was read of the runs that were sought, by id, and in a sentence each why one could not be."""

    sought: tuple[Entry, ...]  # the first is that of which all is shown
    recordings: Mapping[str, Recording] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    counts: LineRegions | None = None  # of the first one's shown member
    is_counted: bool = True  # else what counts is still being compiled


class Listed(Message):
    """Another listing."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self.listing = listing

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Listed)


class Looked(Message):
    """Runs were read."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Looked)


class Answered(Message):
    """What a question in SQL gave."""

    def __init__(self, sql: str, answer: Answer) -> None:
        super().__init__()
        self.sql, self.answer = sql, answer


class Reader:
    """``post`` takes messages from the thread, which begins with the first question."""

    def __init__(self, store: Store, post: Callable[[Message], object]) -> None:
        self._store, self._post = store, post
        self._news = threading.Condition()
        self._wanted: Wanted | None = None
        self._is_new = False  # whether the store is to be looked through again, too
        self._sought: tuple[float, tuple[Entry, ...]] | None = None  # and from when on
        self._changes: deque[Callable[[], None]] = deque()
        self._is_stopped = False
        self._thread: threading.Thread | None = None
        # On the thread
        self._last_filter = ""  # that was one
        self._next_look = 0.0
        self._entries: tuple[Entry, ...] | None = None
        self._listing: Listing | None = None
        self._recordings: dict[str, tuple[Entry, Recording]] = {}

    # Called from the event loop; each returns at once

    def list(self, wanted: Wanted, *, again: bool = True) -> None:
        """List these; ``again``: as the store is now, unless it was looked through just before."""
        with self._news:
            self._wanted, self._is_new = wanted, self._is_new or again
            self._begin()

    def look(self, sought: tuple[Entry, ...]) -> None:
        """Read these runs, once no others have been sought for a moment."""
        with self._news:
            self._sought = monotonic() + REST, sought
            self._begin()

    def change(self, work: Callable[[Store], str]) -> None:
        """Have this done with the store and said what it returns, then list anew."""
        with self._news:
            self._changes.append(lambda: self._change(work))
            self._begin()

    def query(self, sql: str) -> None:
        """Ask the index."""
        with self._news:
            self._changes.append(lambda: self._query(sql))
            self._begin()

    def stop(self) -> None:
        """End the thread once it has done what it does now."""
        with self._news:
            self._is_stopped = True
            self._news.notify()

    def _begin(self) -> None:
        self._news.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="runs", daemon=True)
            self._thread.start()

    # On the thread

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except InputError as error:
                self._send(Said(str(error), error=True))
            except Exception as error:
                self._send(Said(f"The store of runs: {sentence(error)}", error=True))

    def _next(self) -> Callable[[], None] | None:
        """What is to be done now; None at the end."""
        with self._news:
            while not self._is_stopped:
                if self._changes:
                    return self._changes.popleft()
                if (wanted := self._wanted) is not None:
                    is_new = self._is_new and monotonic() >= self._next_look
                    self._wanted, self._is_new = None, False
                    return lambda: self._list(wanted, is_new=is_new)
                rest = None
                if self._sought is not None:
                    begin, sought = self._sought
                    if (rest := begin - monotonic()) <= 0:
                        self._sought = None
                        return lambda: self._look(sought)
                self._news.wait(rest)
        return None

    def _send(self, message: Message) -> None:
        try:
            self._post(message)
        except RuntimeError:  # the event loop has closed
            self.stop()

    def _list(self, wanted: Wanted, *, is_new: bool) -> None:
        refused = ""
        if is_new or self._entries is None:
            began = monotonic()
            try:
                self._entries = self._store.entries()
                self._next_look = monotonic() + SHARE * (monotonic() - began)
            except Exception as error:  # whatever a disk does: the table says it
                self._tell(Listing(wanted, problem=sentence(error)))
                return
        entries = self._entries
        try:
            accepts = parse(wanted.filter).accepts
        except InputError as error:
            refused = error.allowed
            accepts = parse(self._last_filter).accepts
        else:
            self._last_filter = wanted.filter
        found = ordered((entry for entry in entries if accepts(entry)), wanted.order)
        self._tell(Listing(wanted, found, len(entries), refused))

    def _tell(self, listing: Listing) -> None:
        """Unless nothing has changed."""
        before, self._listing = self._listing, listing
        if before != listing:
            self._send(Listed(listing))

    def _change(self, work: Callable[[Store], str]) -> None:
        try:
            if said := work(self._store):
                self._send(Said(said))
        except OSError as error:
            self._send(Said(f"{self._store.folder}: {error.strerror or error}", error=True))
        finally:
            if self._listing is not None:
                self._list(self._listing.wanted, is_new=True)

    def _query(self, sql: str) -> None:
        self._send(Answered(sql, self._store.index().query(sql)))

    def _look(self, sought: tuple[Entry, ...]) -> None:
        """Their recordings, of which those read before are kept, and the counts of the first."""
        before, self._recordings = self._recordings, {}
        problems: dict[str, str] = {}
        for entry in sought:
            known = before.get(entry.id)
            if known is not None and known[0] == entry:
                self._recordings[entry.id] = known
            elif entry.snapshots:
                try:
                    self._recordings[entry.id] = entry, self._store.named(entry.id).recording()
                except InputError as error:
                    problems[entry.id] = error.allowed
                except OSError as error:
                    problems[entry.id] = error.strerror or str(error)
        recordings = {run: recording for run, (_, recording) in self._recordings.items()}
        look = Look(sought, recordings, problems)
        shown = recordings.get(sought[0].id)
        if shown is None or not shown.scene.countable:
            self._send(Looked(look))
        elif not compiling("line").is_set():
            self._send(Looked(replace(look, is_counted=False)))
        else:
            self._send(Looked(replace(look, counts=self._counts(sought[0].id, shown))))

    def _counts(self, run: str, recording: Recording) -> LineRegions | None:
        """Of the member that its last snapshot shows, in own units; None where they cannot be counted.

        Of one that has diverged the weights are those from before, and nothing of what is shown beside them.
        """
        from nnexpr.regions.line import linear_regions

        if not isfinite(recording.snapshots[-1].loss):
            return None
        network = recording.network_at(len(recording.snapshots) - 1)
        if network is None:
            return None
        try:
            saved = self._store.named(run).read()
            [found] = linear_regions(network)
            return found.rescaled(saved.input_scales[0], saved.value_scale)
        except (InputError, ValueError):
            return None
