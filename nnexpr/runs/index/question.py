"""A question in SQL, by whoever likes: it reads, and is bounded in time, memory and rows.

The connection is read-only, and of what SQL can do only selecting, reading columns and calling functions is allowed.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from nnexpr.specification import InputError

__all__ = ["Answer", "asked"]

STEPS = 10_000  # of SQLite's machine between two looks at the clock
MOST_BYTES = 10_000_000  # of a value
MOST_SIGNS = 100_000  # of a question
MOST_MEMORY = 1_000_000_000  # bytes
_ALLOWED = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """``is_cut``: there are more rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool


def asked(connection: sqlite3.Connection, sql: str, rows: int, seconds: float) -> Answer:
    """What comes of ``sql``, at most so many rows; raises InputError with SQLite's own words, or after ``seconds``.

    The connection is of use for nothing else afterwards.
    """
    deadline = time.monotonic() + seconds
    connection.execute("PRAGMA query_only=1")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"PRAGMA hard_heap_limit={MOST_MEMORY}")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MOST_SIGNS)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
    )
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        cursor = connection.execute(sql)
        found = cursor.fetchmany(rows + 1)
    except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
        raise InputError("query", sql, _why(error, seconds)) from None
    if cursor.description is None:
        raise InputError("query", sql, "it asks nothing; begin with SELECT")
    columns = tuple(str(column[0]) for column in cursor.description)
    plain = (tuple(each.hex() if isinstance(each, bytes) else each for each in row) for row in found[:rows])
    return Answer(columns, tuple(plain), len(found) > rows)


def _why(error: Exception, seconds: float) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_INTERRUPT":
        return f"it took longer than {seconds:g} seconds"
    if name == "SQLITE_AUTH":
        return "it must only read: SELECT, and WITH before it"
    return str(error) or "it needs too much memory"
