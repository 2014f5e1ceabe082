"""Compiled loops on a worker: kept on a disk of its own machine, and compiled by one of its processes at a time.

Loops take up to a minute to compile. What is compiled is kept beside the sources, or where NUMBA_CACHE_DIR says. On a
file system that many machines share their workers would write one index at once, and other processors have other
machine code: there it is kept in the folder that the worker has on its own machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import nnexpr
from nnexpr.runs.cluster.versions import digest
from nnexpr.runs.holding import locked
from nnexpr.runs.index.filesystems import LOCAL, file_system
from nnexpr.specification import FitSpecification

__all__ = ["compile_for", "keep_compiled_code"]

FOLDER = "nnexpr-compiled"
KIND = ("network", "activation", "optimizer", "dtype", "stages")
LONGEST = 300.0  # seconds that others wait for who compiles: one that was stopped meanwhile holds nobody up for longer

_compiled: set[tuple[Any, ...]] = set()


def keep_compiled_code(local: Path) -> Path | None:
    """Choose where this process keeps what it compiles, before it does; None where the usual place will do.

    It will do if whoever started the worker has chosen it, or if it can be written and no other machine sees it. Else
    it is a folder in ``local`` that is this user's alone, for what lies there is loaded as machine code.
    """
    package = Path(nnexpr.__file__).resolve().parent
    if os.environ.get("NUMBA_CACHE_DIR") or (
        file_system(package).lower() in LOCAL and os.access(package, os.W_OK)
    ):
        return None
    folder = local / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(folder):
            folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}-"))
    except OSError:  # nothing is kept, then
        return None
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:  # which has read the environment already
        sys.modules["numba"].config.CACHE_DIR = str(folder)
    return folder


def compile_for(specification: FitSpecification) -> None:
    """Compile what the training of this takes, or load it, by one epoch of one network; once in a process of each kind.

    While one process of this user on this machine does, others wait, and then load what it has compiled.
    """
    from nnexpr.training.fit import session_of

    kind = tuple(getattr(specification, name) for name in KIND)
    if kind in _compiled or specification.device != "cpu":
        return
    with _alone():
        session = session_of(specification.replace(members=1, epochs=1))
        session.start()
        session.advance(0.0)
    _compiled.add(kind)


@contextmanager
def _alone() -> Iterator[None]:
    """While inside, no other process with these sources is, of this user on this machine, unless one takes too long."""
    owner = os.getuid() if hasattr(os, "getuid") else ""
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(
                locked(Path(tempfile.gettempdir()) / f"{FOLDER}-{owner}-{digest()}.lock", LONGEST)
            )
        yield


def _is_own(folder: Path) -> bool:
    """Whether nobody else can write there."""
    found = folder.stat()
    return not found.st_mode & 0o022 and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
