"""The index's file: opened for reading or by one writer, made, brought to today's version, set aside where damaged.

Readers open it read-only and read all that they want at once. A writer holds a lock of the operating system beside it,
so there is one, and tables are made once however many processes begin at the same time. Whoever waits for another does
so for so long at most. Connections are closed when they are done with.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from nnexpr.atomic import make_private
from nnexpr.runs.holding import locked
from nnexpr.runs.index.filesystems import journal_for
from nnexpr.runs.index.schema import MIGRATIONS, TABLES, VERSION

__all__ = [
    "PATIENCE",
    "DamagedIndex",
    "IndexProblem",
    "Missing",
    "NewerIndex",
    "nothing_kept",
    "reading",
    "set_aside",
    "writing",
]

PATIENCE = 30.0  # seconds for the lock, of whoever cannot do without
MOST_ASIDE = (
    3  # damaged ones that are kept to be looked at; their files, from which all can be made, are there
)
BUSY = 5.0  # seconds for SQLite's own locks, which whoever only reads meets too
# What says of a file only that it cannot be used now; all else says that it is no index.
_PASSING = tuple(
    f"SQLITE_{name}"
    for name in (
        *("BUSY", "LOCKED", "READONLY", "IOERR", "CANTOPEN", "FULL"),
        *("PERM", "AUTH", "PROTOCOL", "NOLFS", "NOMEM", "INTERRUPT"),
    )
)


class IndexProblem(Exception):
    """Why the index cannot be used now, as one sentence."""


class Missing(IndexProblem):
    """There is none, or an older one."""


class NewerIndex(IndexProblem):
    """It is of a version that is not known here."""


class DamagedIndex(IndexProblem):
    """What is there is no index."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; raises :class:`IndexProblem`."""
    if not path.exists():
        raise Missing("there is no index")
    _require_ordinary(path)
    with _told(path), closing(_for_reading(path)) as connection:
        version = _version(connection)
        if version < VERSION:
            raise Missing(f"the index has version {version}; this nnexpr has {VERSION}")
        yield connection


@contextmanager
def nothing_kept() -> Iterator[sqlite3.Connection]:
    """A connection to the tables of a store that is not there yet, in memory: none has a row."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLES)
        yield connection


@contextmanager
def writing(path: Path, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """A connection in a transaction, ended well or taken back, to an index that is made where there is none.

    One process at a time; raises :class:`IndexProblem`.
    """
    with _told(path), locked(path.with_name(f".{path.name}.lock"), patience):
        _require_ordinary(path)
        make_private(path)
        with closing(_connected(path, "rw")) as connection:
            _prepare(connection, path)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _require_ordinary(path: Path) -> None:
    """A pipe would be waited for, and a device has no end; raises :class:`DamagedIndex`. A folder SQLite refuses."""
    for beside in _with_journals(path):
        if beside.exists() and not (beside.is_file() or beside.is_dir()):
            raise DamagedIndex(f"the index is damaged: {beside.name} is no ordinary file")


def _with_journals(path: Path) -> list[Path]:
    """The file itself last."""
    return [path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal", "")]


def _for_reading(path: Path) -> sqlite3.Connection:
    """Where the folder cannot be written there is no place for the memory that a log needs: then without it."""
    connection = _connected(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        return _connected(path, "ro&immutable=1")
    return connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    """The busy time-out is set when it is opened, before anything is asked of it."""
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=BUSY, isolation_level=None)


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerIndex(
            f"the index of this store is of a newer nnexpr (version {version}; this one knows {VERSION}): "
            "runs are read from their files"
        )
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master").fetchall()}
    if version < 0 or (tables if version == 0 else "runs" not in tables):
        raise DamagedIndex("the index is damaged: it is a database of another program")
    return version


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Journal, integrity, tables and version."""
    version = _version(connection)
    journal = journal_for(path.parent)
    connection.execute(f"PRAGMA journal_mode={journal}").fetchone()
    connection.execute(f"PRAGMA synchronous={'NORMAL' if journal == 'wal' else 'FULL'}")
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedIndex(f"the index is damaged: {found}")
    if version == VERSION:
        return
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {TABLES}; PRAGMA user_version={VERSION}; COMMIT;")
        return
    before = path.with_name(f"{path.stem}.v{version}{path.suffix}")
    make_private(before)
    with closing(_connected(before, "rw")) as backup:
        connection.backup(backup)
    steps = "".join(MIGRATIONS[each] for each in range(version, VERSION))
    connection.executescript(f"BEGIN IMMEDIATE; {steps}; PRAGMA user_version={VERSION}; COMMIT;")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What SQLite and the system raise, as problems of the index."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_PASSING):
            raise IndexProblem(f"the index {path} cannot be used: {error}") from None
        raise DamagedIndex(f"the index is damaged: {error}") from None
    except UnicodeDecodeError as error:
        raise DamagedIndex(f"the index is damaged: {error}") from None
    except OSError as error:
        raise IndexProblem(f"the index {path} cannot be used: {error.strerror or error}") from None


def set_aside(path: Path) -> str:
    """Give a damaged index another name, which is returned; raises :class:`IndexProblem`.

    With it go its journals, so that nothing of it comes into the next. Of earlier ones the newest stay.
    """
    name = f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}{path.suffix}"
    with _told(path), locked(path.with_name(f".{path.name}.lock"), PATIENCE):
        for beside in _with_journals(path):
            if beside.exists():
                beside.replace(path.with_name(name + beside.name.removeprefix(path.name)))
        _prune(path)
    return name


def _prune(path: Path) -> None:
    """Of those that were set aside let the newest be, by when they were; a folder stays."""
    aside: dict[str, list[Path]] = {}
    for each in path.parent.glob(f"{path.stem}.damaged-*{path.suffix}*"):
        aside.setdefault(each.name.partition(path.suffix)[0], []).append(each)
    newest_last = sorted(aside.values(), key=lambda files: max(each.lstat().st_ctime_ns for each in files))
    for files in newest_last[:-MOST_ASIDE]:
        for each in files:
            with suppress(OSError):
                each.unlink()
