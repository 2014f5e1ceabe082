"""The experiments that are running, waiting and done, each run being a process of its own (:mod:`.child`).

One runs at a time; others wait in the order in which they were asked for. Everything is called from the event loop
and returns at once: a thread reads what a process tells and posts :class:`ExperimentsChanged`; screens look at
:attr:`ExperimentRuns.running`, :attr:`~ExperimentRuns.waiting` and :meth:`~ExperimentRuns.shown`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from textual.message import Message

from nnexpr.atomic import sweep
from nnexpr.experiments.findings import Finding, kept_finding, read_finding
from nnexpr_tui.experiments import child

__all__ = ["ExperimentEnded", "ExperimentRuns", "ExperimentsChanged", "Running"]

PATIENCE = 0.3  # seconds that leaving waits for a process that was killed

Command = Callable[..., list[str]]


class ExperimentsChanged(Message):
    """What runs, waits or is known has changed."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ExperimentsChanged)


class ExperimentEnded(Message):
    """A run has ended by itself; ``failure`` is why, empty where it gave a finding."""

    def __init__(self, name: str, finding: Finding | None, failure: str) -> None:
        super().__init__()
        self.name, self.finding, self.failure = name, finding, failure

    @property
    def sentence(self) -> str:
        """What to say of it where it is not seen; nothing of a run that was cancelled."""
        if self.finding is None:
            return f"{self.name} gave no result: {self.failure}" if self.failure else ""
        failing = [claim.id for claim in self.finding.result.claims if claim.verdict == "fails"]
        verdict = f"{', '.join(failing)} fails" if failing else "no claim fails"
        return f"{self.name} is done{', quick' * self.finding.quick}: {verdict}"


@dataclass(eq=False)
class Running:
    """A run whose process is there."""

    name: str
    quick: bool
    process: subprocess.Popen[bytes]
    began: float
    share: float = 0.0  # done, from 0 to 1
    note: str = "starting"
    is_cancelled: bool = False

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return monotonic() - self.began

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.0f} %"


class ExperimentRuns:
    """``post`` takes messages from any thread; ``folder()`` is where findings and parts are kept, None to not.

    ``threads()`` is asked when a run starts: how many threads it may take, None for all.
    """

    def __init__(
        self,
        post: Callable[[Message], object],
        folder: Callable[[], Path | None],
        threads: Callable[[], int | None] = lambda: None,
        command: Command = child.command,
    ) -> None:
        self._post, self._folder, self._threads, self._command = post, folder, threads, command
        self.running: Running | None = None
        self.waiting: list[tuple[str, bool]] = []
        self.failures: dict[str, str] = {}
        self.cancelled: dict[tuple[str, bool], str] = {}  # how far they were
        self._findings: dict[tuple[str, bool], Finding] = {}
        self._latest: dict[str, bool] = {}  # whether the last that ended here was quick
        self._is_loaded = self._is_stopped = False

    @property
    def keeps(self) -> bool:
        """Whether parts are kept, from which a run that was cancelled goes on."""
        return self._folder() is not None

    def load(self, names: Iterable[str]) -> None:
        """Read what was kept of these, once; on a thread."""
        if not self._is_loaded:
            self._is_loaded = True
            threading.Thread(target=self._load, args=(tuple(names),), name="findings", daemon=True).start()

    def _load(self, names: tuple[str, ...]) -> None:
        folder = self._folder()
        if folder is None:
            return
        for name in names:
            for quick in (False, True):
                finding = kept_finding(folder, name, quick=quick)
                if finding is not None:
                    self._findings.setdefault((name, quick), finding)
        self._send(ExperimentsChanged())

    def shown(self, name: str) -> Finding | None:
        """The finding of an experiment: the last that was made here, else the full one, else the quick one."""
        quick = self._latest.get(name, False)
        return self._findings.get((name, quick)) or self._findings.get((name, not quick))

    # Running

    def going(self, name: str | None, quick: bool | None = None) -> Running | None:
        """The run that goes on, if it is one of this experiment and quickness; None: of any."""
        run = self.running
        if run is None or run.is_cancelled or name not in (None, run.name) or quick not in (None, run.quick):
            return None
        return run

    def ask(self, name: str, *, quick: bool) -> None:
        """Run it now, or after those that wait; one that waits or runs already is not run again."""
        if self.going(name, quick) or (name, quick) in self.waiting:
            return
        self.waiting = [entry for entry in self.waiting if entry[0] != name]
        self.waiting.append((name, quick))
        self.failures.pop(name, None)
        self.cancelled.pop((name, quick), None)
        self._next()

    def cancel(self, name: str | None = None) -> bool:
        """End this run or take it from those that wait; None: all of them. Whether there was one."""
        before = len(self.waiting)
        self.waiting = [entry for entry in self.waiting if name is not None and entry[0] != name]
        run = self.going(name)
        if run is not None:
            run.is_cancelled = True
            self.cancelled[run.name, run.quick] = run.percent
            run.process.kill()
        self._send(ExperimentsChanged())
        return run is not None or len(self.waiting) < before

    def stop(self) -> None:
        """Kill what runs and start nothing any more."""
        self._is_stopped = True
        self.cancel()

    def wait(self) -> None:
        """After :meth:`stop`: until the process is gone, as far as that is a matter of a moment."""
        if self.running is not None:
            with suppress(subprocess.TimeoutExpired):
                self.running.process.wait(PATIENCE)

    def _next(self) -> None:
        """Start the next, on the event loop's thread: on Linux a process ends with the thread that started it."""
        if self.running is not None or not self.waiting or self._is_stopped:
            self._send(ExperimentsChanged())
            return
        name, quick = self.waiting.pop(0)
        arguments = self._command(name, quick=quick, folder=self._folder(), threads=self._threads())
        try:
            process = subprocess.Popen(  # noqa: S603 - this interpreter and its own modules
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
            )  # standard error is the explorer's log
        except OSError as error:
            self.failures[name] = f"no process could be started for it: {error.strerror}"
            self._send(ExperimentEnded(name, None, self.failures[name]))
            return
        self.running = running = Running(name, quick, process, monotonic())
        threading.Thread(target=self._read, args=(running,), name=f"reads {name}", daemon=True).start()
        self._send(ExperimentsChanged())

    def ended(self) -> None:
        """To be called on the event loop for :class:`ExperimentEnded`: the next one may start."""
        self._next()

    # On the thread that reads

    def _read(self, running: Running) -> None:
        parts: list[dict[str, Any]] = []
        failure = ""
        with suppress(ValueError, TypeError, OSError), running.process as process:
            for line in process.stdout or ():
                part = json.loads(line)
                if "progress" in part:
                    share, running.note = part["progress"]
                    running.share = min(max(share, 0.0), 1.0)
                    self._send(ExperimentsChanged())
                elif "failed" in part:
                    failure = part["failed"]
                else:
                    parts.append(part)
        code = running.process.wait()
        if (folder := self._folder()) is not None:
            sweep(folder, running.process.pid)  # what a process that was killed had half written
        self._finish(running, parts, failure or _why(code))

    def _finish(self, running: Running, parts: list[dict[str, Any]], failure: str) -> None:
        finding: Finding | None = None
        try:
            if running.is_cancelled:
                failure = ""
            else:
                finding, failure = read_finding(parts), ""
                self._findings[running.name, running.quick] = finding
                self._latest[running.name] = running.quick
        except ValueError:
            self.failures[running.name] = failure
        self.running = None
        self._send(ExperimentEnded(running.name, finding, failure))

    def _send(self, message: Message) -> None:
        with suppress(RuntimeError):  # the event loop has closed
            self._post(message)


def _why(code: int) -> str:
    """Why a process gave no finding."""
    if code == -getattr(signal, "SIGKILL", 9):
        return "its process was killed; the memory of this machine may have run out"
    if code < 0:
        with suppress(ValueError):
            return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with {code} before it was done"
