"""Holding a run: while one process trains it, no other goes on with it or deletes it.

It is a lock of the operating system on a file beside the run, which ends with the process, however that ends; a file
that a killed one has left is no lock. Where a file system has no locks (some network mounts) nothing is held and
nothing is refused.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Held", "hold", "holder", "lock_of", "locked"]

LOCKED = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)  # what systems answer where another holds it
LOOKS, LOOK = 25, 0.02  # so often, and seconds between: whoever only looks at a lock has it for a moment
_FIRST = 1 << 30  # on Windows, the byte that is locked: those before it can still be read


class Held(OSError):
    """Another holds the run; ``strerror`` is one sentence that says who."""

    def __init__(self, who: str) -> None:
        super().__init__(errno.EBUSY, f"{who or 'another process'} is training it")


def lock_of(run: Path) -> Path:
    """The file that is locked while the run of this file is held."""
    return run.with_name(f".{run.stem}.lock")


def hold(run: Path) -> Callable[[], None]:
    """Hold the run of this file until what is returned is called; raises :class:`Held` where another does."""
    place = lock_of(run)
    for _ in range(LOOKS):
        try:
            lock = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:  # a folder that cannot be written, or is not there
            return lambda: None
        taken = _try_lock(lock)
        if taken and _is_at(lock, place):
            process = os.getpid()
            with suppress(OSError):  # a full disk
                os.ftruncate(lock, 0)
                os.write(lock, f"{process} {platform.node()}".encode())
            return lambda: _let_go(lock, place, process)
        os.close(lock)
        if taken is None:
            with suppress(OSError):
                place.unlink(missing_ok=True)
            return lambda: None
        if not taken:  # else who held it took the file away meanwhile
            time.sleep(LOOK)
    raise Held(holder(run))


def holder(run: Path) -> str:
    """Who holds the run of this file: ``process 4711 on box``; nothing where nobody does."""
    try:
        lock = os.open(lock_of(run), os.O_RDWR)
    except OSError:
        return ""
    try:
        if _try_lock(lock, shared=True) is not False:
            return ""
        process, _, machine = os.read(lock, 300).decode(errors="replace").partition(" ")
    finally:
        os.close(lock)
    if not process.isdecimal():  # it is just being taken
        return "another process"
    if (int(process), machine) == (os.getpid(), platform.node()):
        return "this process"
    return f"process {process}" + (f" on {machine}" if machine != platform.node() else "")


@contextmanager
def locked(place: Path, seconds: float) -> Iterator[None]:
    """While inside, no other process is inside for this place; raises TimeoutError after so many seconds of waiting.

    The file that is locked stays. Where it cannot be made OSError is raised; where there are no locks, nothing.
    """
    lock, deadline = os.open(place, os.O_RDWR | os.O_CREAT, 0o600), time.monotonic() + seconds
    try:
        while _try_lock(lock) is False:
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another process is writing there", str(place))
            time.sleep(LOOK)
        yield
    finally:
        os.close(lock)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(lock: int, *, shared: bool = False) -> bool | None:  # noqa: ARG001 - there are no shared ones
        """Whether it was free and is ours now; None where there are no locks."""
        place = os.lseek(lock, 0, os.SEEK_CUR)
        os.lseek(lock, _FIRST, os.SEEK_SET)
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return False if error.errno in LOCKED else None
        finally:
            os.lseek(lock, place, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(lock: int, *, shared: bool = False) -> bool | None:
        """Whether it was free and is ours now; None where there are no locks."""
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            return False if error.errno in LOCKED else None
        return True


def _is_at(lock: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), os.stat(place))
    except OSError:
        return False


def _let_go(lock: int, place: Path, process: int) -> None:
    """In the process that held it, and not in one that it has forked."""
    if os.getpid() != process:
        return
    with suppress(OSError):
        place.unlink(missing_ok=True)
    os.close(lock)
