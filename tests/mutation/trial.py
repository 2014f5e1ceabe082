"""A copy of the package in which one file is changed, and its tests run against it, the likeliest first."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest

# A test hangs that has worked for so many times what it takes without a change, and what compiling everything takes.
# Both are seconds of the processor: other work on the machine does not make it hang. One that waits for what does not
# come works for none; it hangs that has hardly worked for IDLE seconds of the clock.
PATIENCE = 5.0
COMPILING = 120.0
IDLE = 600.0
IMPORTED = re.compile(rb"^[ \t]*from (nnexpr[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@dataclass
class Outcome:
    """What the tests said: ``by`` names the one that failed, empty where there was none (a hang, no import)."""

    failed: bool
    by: str = ""
    hung: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    running: str = ""  # the test in which the process ended, if it was in one


class Teller:
    """Tells, line by line, which test has begun and how the others ended."""

    def __init__(self, pipe: int) -> None:
        self.pipe, self.failed = pipe, False

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._say(nodeid, None, False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed
        self._say(report.nodeid, report.duration, report.failed)

    def pytest_runtest_logfinish(self) -> None:
        self._say("", None, False)

    def _say(self, nodeid: str, took: float | None, failed: bool) -> None:
        os.write(self.pipe, json.dumps([nodeid, took, failed]).encode() + b"\n")


class Told(Teller):
    """Sorts the tests, too; those that have run are not run again."""

    def __init__(self, rank: Callable[[str], tuple[float, ...]], pipe: int) -> None:
        super().__init__(pipe)
        self._rank, self._ended = rank, set[str]()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        again = [item for item in items if item.nodeid in self._ended]
        config.hook.pytest_deselected(items=again)
        items[:] = sorted(
            (item for item in items if item.nodeid not in self._ended),
            key=lambda item: self._rank(item.nodeid),
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ended.add(report.nodeid)
        super().pytest_runtest_logreport(report)


class Watch:
    """How long a process has worked on one test, and how long it has not worked at all."""

    def __init__(self, process: int) -> None:
        self._clock = ~process << 3 | 2  # Linux's clock of the processor seconds of a process
        self._worked = self._began = 0.0
        self._limit, self._since = COMPILING, time.monotonic()

    def begin(self, limit: float) -> None:
        """A test begins that may work for so many seconds."""
        self._began, self._limit = time.clock_gettime(self._clock), limit

    def hangs(self) -> bool:
        """Whether it has worked too long, or waited."""
        worked, now = time.clock_gettime(self._clock), time.monotonic()
        if worked > self._worked + 0.1:
            self._worked, self._since = worked, now
        return worked - self._began > self._limit or now - self._since > IDLE


def copy(root: Path, tree: Path, tests: Sequence[str] = ()) -> str:
    """Copy all that belongs to the project, anew, tests read its documents too.

    Returns the digest of it all but for the files of tests below the folders ``tests``.
    """
    shutil.rmtree(tree, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=root, capture_output=True, check=True).stdout.decode()
    whole = hashlib.sha256()
    for name in sorted(filter(None, found.split("\0"))):
        if (root / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, tree / name)
            if not (name.startswith(tuple(tests)) and "/test_" in name):
                whole.update(name.encode() + b"\0" + digest((root / name).read_bytes()).encode())
    return whole.hexdigest()[:12]


def run(
    tree: Path, stages: list[list[str]], rank: Callable[[str], tuple[float, ...]], usual: dict[str, float]
) -> Outcome:
    """The tests of the stages, one stage after another, in a process of their own, until one fails or hangs.

    ``usual`` are the seconds that each takes without a change.
    """

    def work(pipe: int) -> NoReturn:
        _in_child(tree, stages, Told(rank, pipe))

    return watched(work, usual, COMPILING)


def watched(work: Callable[[int], NoReturn], usual: dict[str, float], more: float | None) -> Outcome:
    """What a process that does the work says through the pipe that it is given, until it ends or a test hangs.

    A test hangs that has worked ``more`` seconds longer than ``PATIENCE`` times what it usually takes; none does
    where that is not given.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setsid()
        work(writing)
    os.close(writing)
    os.set_blocking(reading, False)
    outcome, rest, watch, ended = Outcome(False), b"", Watch(child), 0
    try:
        while True:
            hangs = more is not None and watch.hangs()
            ended, status = os.waitpid(child, os.WNOHANG)
            rest += _read(reading)
            *lines, rest = rest.split(b"\n")
            for nodeid, took, failed in map(json.loads, lines):
                if took is None:
                    outcome.running = nodeid
                    watch.begin(PATIENCE * usual.get(nodeid, 0.0) + (more or 0.0))
                else:
                    outcome.seconds[nodeid] = outcome.seconds.get(nodeid, 0.0) + took
                if failed:
                    outcome.by = nodeid
                    outcome.failing.append(nodeid)
            if ended:
                outcome.failed = os.waitstatus_to_exitcode(status) != 0
                return outcome
            if hangs:
                return replace(outcome, failed=True, hung=True, by="")
            time.sleep(0.005)
    finally:
        os.close(reading)
        if not ended:
            with suppress(ProcessLookupError):  # not yet in a session of its own
                os.killpg(child, signal.SIGKILL)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _in_child(tree: Path, stages: list[list[str]], told: Told) -> NoReturn:
    to_nowhere()
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = False
    code = 3
    try:
        stamp_by_imports(tree)
        keep_nothing()
        for stage in stages:
            # Seconds of the clock say nothing here: the watch over the process is another.
            code = int(pytest.main([*stage, "-x", "--hypothesis-seed=0", "--timeout=0"], [told]))
            if code == pytest.ExitCode.NO_TESTS_COLLECTED:  # all of them were in the stage before
                code = 0
            if code:
                break
    finally:
        os._exit(code)


def to_nowhere() -> None:
    """Standard input and output of this process."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _read(pipe: int) -> bytes:
    text = b""
    while True:
        try:
            more = os.read(pipe, 65536)
        except BlockingIOError:
            return text
        if not more:
            return text
        text += more


def stamp_by_imports(tree: Path) -> None:
    """Have a compiled function taken from disk unless a file has changed that its own imports, however far away."""
    from nnexpr.kernels import compiled

    def sources(self: Any) -> str:
        module = Path(self._py_func.__code__.co_filename)
        own = [module, *map(Path, self._files)]
        return closure(tree, tuple(path.relative_to(tree).as_posix() for path in own if tree in path.parents))

    assert hasattr(compiled._PackageCache, "_sources")
    compiled._PackageCache._sources = sources


def keep_nothing() -> None:
    """Of what is compiled in this process."""
    from nnexpr.kernels import compiled

    compiled._PackageCache.save_overload = lambda *_: None


@cache
def closure(tree: Path, places: tuple[str, ...]) -> str:
    """The digest of the files and of all of the package that they import."""
    left, seen = list(places), {}
    while left:
        place = left.pop()
        if place in seen or not (tree / place).is_file():
            continue
        seen[place] = text = (tree / place).read_bytes()
        for module, names in IMPORTED.findall(text):
            stem = module.decode().replace(".", "/")
            stems = [stem, *(f"{stem}/{name}" for name in re.findall(r"\w+", names.decode()))]
            left += [f"{each}{ending}" for each in stems for ending in (".py", "/__init__.py")]
    return digest(b"".join(text for _, text in sorted(seen.items())))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
