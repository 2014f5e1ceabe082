"""A process that has the package and the tests of a folder loaded, and runs them with one function changed.

Only the function's code is replaced, in every object that has it: nothing is imported, collected or compiled again,
and a test costs what it costs. A kill here is a kill: the same test passes in the same process without the change. What
survives here is tried once more with its file changed (``trial.py``), for what had been called while the package was
loaded is not called again.

Compiled functions are changed in a process where they run as the Python that they are. Tests that fail so, or take
long, are not run there.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn

import pytest
from mutants import Mutant
from trial import COMPILING, Outcome, Teller, keep_nothing, stamp_by_imports, to_nowhere, watched

LITTLE = 10.0  # seconds of the processor more than usual, after which a test hangs where nothing is compiled
LONGEST = 2.0  # seconds of the processor: a test that takes longer as Python is not run so


class Loaded:
    """The process; compiled functions of the packages ``python`` are not compiled in it."""

    def __init__(
        self, tree: Path, sources: Sequence[str], tests: Sequence[str], python: Sequence[str] = ()
    ) -> None:
        here, there = socket.socketpair()
        self._python = bool(python)
        self._process = os.fork()
        if not self._process:
            here.close()
            _serve(tree, sources, tests, tuple(python), there)
        there.close()
        self._line = here.makefile("rw", encoding="utf-8")
        self.tests: list[str] = json.loads(self._line.readline())

    def passing(self, tests: Collection[str]) -> dict[str, float | None]:
        """The seconds of each of the tests without a change; none of one that fails, or takes long as Python."""
        left, found = list(tests), dict[str, float | None]()
        while left:
            outcome = self._ask(order=left, more=LONGEST if self._python else None)
            assert outcome
            found |= outcome.seconds | dict.fromkeys(outcome.failing)
            if outcome.running or not outcome.seconds:  # it ended the process, or took long
                found[outcome.running or left[0]] = None
            left = [each for each in left if each not in found]
        return found

    def run(
        self, mutant: Mutant, text: bytes, order: Sequence[str], usual: dict[str, float]
    ) -> Outcome | None:
        """The tests in that order until one fails; none where the change cannot be made in this process."""
        change = mutant.path, mutant.function, text.decode(), mutant.applied(text).decode()
        return self._ask(order=order, usual=usual, more=LITTLE if self._python else COMPILING, change=change)

    def _ask(self, **asked: Any) -> Outcome | None:
        self._line.write(json.dumps(asked) + "\n")
        self._line.flush()
        line = self._line.readline()
        if not line:
            raise RuntimeError(f"the process that has the tests loaded has ended; it was asked {asked}")
        told = json.loads(line)
        return Outcome(**told) if told else None

    def close(self) -> None:
        self._line.write("null\n")  # processes that were forked later have the other end, too
        self._line.close()
        os.waitpid(self._process, 0)


def _serve(
    tree: Path, sources: Sequence[str], tests: Sequence[str], python: tuple[str, ...], there: socket.socket
) -> NoReturn:
    to_nowhere()
    try:
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        if python:
            _leave_as_python(python)
        stamp_by_imports(tree)
        for place in sources:
            import_module(place.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        options = ["--hypothesis-seed=0", "--timeout=0", "--continue-on-collection-errors"]
        pytest.main([*tests, *options], [_Server(tree, python, there)])
    finally:
        os._exit(0)


class _Server(Teller):
    """Has pytest run what is asked for of the tests that it has collected, in a fork each time."""

    def __init__(self, tree: Path, python: tuple[str, ...], there: socket.socket) -> None:
        super().__init__(-1)
        self._tree, self._python, self._line = tree, python, there.makefile("rw", encoding="utf-8")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        self._functions, self._compiled = _functions(self._tree, self._python)
        _make_ready()
        gc.freeze()  # what is not looked at is not copied by forks
        self._tell(list(items))
        while asked := json.loads(self._line.readline() or "null"):
            order = [items[nodeid] for nodeid in asked["order"]]
            self._tell(self._answer(session, order, **asked))
        return True

    def _tell(self, what: object) -> None:
        self._line.write(json.dumps(what) + "\n")
        self._line.flush()

    def _answer(
        self,
        session: pytest.Session,
        items: list[pytest.Item],
        *,
        order: list[str],
        more: float | None,
        usual: dict[str, float] | None = None,
        change: tuple[str, str, str, str] | None = None,
    ) -> dict[str, Any] | None:
        if change and not self._can_be_made(*change):
            return None

        def work(pipe: int) -> NoReturn:
            self.pipe = pipe
            try:
                if change:
                    keep_nothing()
                    self._make(*change)
                for item, following in pairwise([*items, None]):
                    assert item
                    session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if change and self.failed:
                        break
                session.config.hook.pytest_sessionfinish(session=session, exitstatus=0)  # what fixtures undo
            finally:
                os._exit(bool(self.failed))

        return asdict(watched(work, usual or {}, more))

    def _can_be_made(self, path: str, function: str, before: str, after: str) -> bool:
        """Whether there are functions to change, none of them compiled."""
        pairs = list(changed_codes(before, after, function, str(self._tree / path)))
        return any((old.co_filename, old) in self._functions for old, _ in pairs) and not any(
            old in self._compiled or old.co_freevars != new.co_freevars for old, new in pairs
        )

    def _make(self, path: str, function: str, before: str, after: str) -> None:
        for old, new in changed_codes(before, after, function, str(self._tree / path)):
            for each in self._functions.get((old.co_filename, old), ()):
                each.__code__ = new


def changed_codes(before: str, after: str, function: str, place: str) -> Iterator[tuple[CodeType, CodeType]]:
    """Of the function or method of that name, and of those inside it, the code in one text and in the other."""
    inside = f"{function}."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of a change is not what a test says
        texts = [compile(text, place, "exec", dont_inherit=True) for text in (before, after)]
    for old, new in _pairs(*texts):
        if function and f"{old.co_qualname}.".startswith(inside) and old != new:
            yield old, new


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield old, new
    inner = [[each for each in code.co_consts if isinstance(each, CodeType)] for code in (old, new)]
    if [each.co_name for each in inner[0]] == [each.co_name for each in inner[1]]:
        for pair in zip(*inner, strict=True):
            yield from _pairs(*pair)


def _functions(
    tree: Path, python: tuple[str, ...]
) -> tuple[dict[tuple[str, CodeType], list[FunctionType]], set[CodeType]]:
    """All functions whose source is there, by file and code; and what is compiled, but for what a test compiles
    of the packages that are left as Python."""
    from numba.core.dispatcher import Dispatcher

    found, compiled = defaultdict(list), set()
    for each in gc.get_objects():
        kind = type(each)  # ``isinstance`` would ask the object
        if kind is FunctionType and each.__code__.co_filename.startswith(str(tree)):
            found[each.__code__.co_filename, each.__code__].append(each)
        elif issubclass(kind, Dispatcher) and not _is_in(each.py_func.__module__, python):
            compiled.add(each.py_func.__code__)
    return found, compiled


def _make_ready() -> None:
    """Numba does when it is first used what takes most of a second, in each fork again unless before."""
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def _leave_as_python(packages: tuple[str, ...]) -> None:
    """Have functions of these packages not compiled. What is written in LLVM's own instructions is in Python, too."""
    import numba
    import numpy as np

    compile_it = numba.njit

    def njit(function: Any, **options: Any) -> Any:
        if not _is_in(function.__module__, packages):
            return compile_it(function, **options)
        function.py_func = function
        return function

    numba.njit = njit
    from nnexpr.kernels import bits, memory

    assert not any(_is_in(name, packages) for name in sys.modules)
    bits.lowest = lambda word: np.int64((int(word) & -int(word)).bit_length() - 1)
    bits.count = lambda word: np.int64((int(word) & (1 << bits.WORD) - 1).bit_count())
    memory.lent = lambda array: array
    np.seterr(all="ignore")  # as compiled code has it


def _is_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in packages)
