"""Rows as SQLite takes them: texts that are UTF-8, and numbers that are finite or NULL beside a state."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable
from typing import Any

__all__ = ["Row", "forget", "insert", "told", "word"]

Row = tuple[Any, ...]


def told(value: float | None) -> tuple[float | None, str]:
    """A number as two columns have it: itself where it is finite, and its state; NULL and nothing for none."""
    if value is None:
        return None, ""
    if math.isfinite(value):
        return float(value), "finite"
    return None, "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def word(value: Any) -> str:
    """A text that can be written as UTF-8, whatever a file holds."""
    return str(value).encode("utf-8", "replace").decode()


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Rows with a value for every column, in the place of those with the same key."""
    made = list(rows)
    if made:
        places = ", ".join("?" * len(made[0]))
        connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", made)  # noqa: S608 - constants


def forget(connection: sqlite3.Connection, tables: Iterable[str], column: str, key: str) -> None:
    """Delete what belongs to ``key``."""
    for table in tables:
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))  # noqa: S608 - constants
