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
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

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


class Told:
    """Sorts the tests and tells, line by line, which has begun and how the others ended."""

    def __init__(self, rank: Callable[[str], tuple[float, ...]], pipe: int) -> None:
        self._rank, self._pipe, self._ended = rank, pipe, set[str]()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        again = [item for item in items if item.nodeid in self._ended]
        config.hook.pytest_deselected(items=again)
        items[:] = sorted(
            (item for item in items if item.nodeid not in self._ended),
            key=lambda item: self._rank(item.nodeid),
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._say(nodeid, None, False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ended.add(report.nodeid)
        self._say(report.nodeid, report.duration, report.failed)

    def _say(self, nodeid: str, took: float | None, failed: bool) -> None:
        os.write(self._pipe, json.dumps([nodeid, took, failed]).encode() + b"\n")


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


def copy(root: Path, tree: Path) -> str:
    """Copy all that belongs to the project, anew, tests read its documents too; the digest of it all."""
    shutil.rmtree(tree, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=root, capture_output=True, check=True).stdout.decode()
    whole = hashlib.sha256()
    for name in sorted(filter(None, found.split("\0"))):
        if (root / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, tree / name)
            whole.update(name.encode() + b"\0" + digest((root / name).read_bytes()).encode())
    return whole.hexdigest()[:12]


def run(
    tree: Path,
    stages: list[list[str]],
    rank: Callable[[str], tuple[float, ...]],
    usual: dict[str, float],
    *,
    keep: bool = False,
) -> Outcome:
    """The tests of the stages, one stage after another, in a process of their own, until one fails or hangs.

    ``usual`` are the seconds that each takes without a change; with ``keep`` what is compiled is kept, and no test
    is taken to hang.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _in_child(tree, stages, Told(rank, writing), keep)
    os.close(writing)
    os.set_blocking(reading, False)
    outcome, rest, watch = Outcome(False), b"", Watch(child)
    try:
        while True:
            hangs = not keep and watch.hangs()
            ended, status = os.waitpid(child, os.WNOHANG)
            rest += _read(reading)
            *lines, rest = rest.split(b"\n")
            for nodeid, took, failed in map(json.loads, lines):
                if took is None:
                    watch.begin(PATIENCE * usual.get(nodeid, 0.0) + COMPILING)
                else:
                    outcome.seconds[nodeid] = outcome.seconds.get(nodeid, 0.0) + took
                outcome.by = nodeid if failed else outcome.by
            if ended:
                outcome.failed = os.waitstatus_to_exitcode(status) != 0
                return outcome
            if hangs:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return Outcome(True, hung=True)
            time.sleep(0.02)
    finally:
        os.close(reading)


def _in_child(tree: Path, stages: list[list[str]], told: Told, keep: bool) -> None:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = False
    code = 3
    try:
        _stamp_by_imports(tree, keep)
        for stage in stages:
            # Seconds of the clock say nothing here: the watch over the process is another.
            code = int(pytest.main([*stage, "-x", "--hypothesis-seed=0", "--timeout=0"], [told]))
            if code == pytest.ExitCode.NO_TESTS_COLLECTED:  # all of them were in the stage before
                code = 0
            if code:
                break
    finally:
        os._exit(code)


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


def _stamp_by_imports(tree: Path, keep: bool) -> None:
    """Have a compiled function taken from disk unless a file has changed that its own imports, however far away."""
    from nnexpr.kernels import compiled

    def sources(self: Any) -> str:
        module = Path(self._py_func.__code__.co_filename)
        own = [module, *map(Path, self._files)]
        return closure(tree, tuple(path.relative_to(tree).as_posix() for path in own if tree in path.parents))

    assert hasattr(compiled._PackageCache, "_sources")
    compiled._PackageCache._sources = sources
    if not keep:
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
