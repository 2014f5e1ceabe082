"""The results of a sweep as a file: one row a cell, with its options and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.declarations import InputError
from nnexpr.exports.parquet import write_parquet
from nnexpr.exports.tables import write_csv
from nnexpr.plain import plain
from nnexpr.runs.sweeps.table import Table

__all__ = ["ENDINGS", "write_sweep", "writer_of"]

Rows = Sequence[Sequence[Any]]
Write = Callable[[Path, Sequence[str], Rows], None]


def _write_json(path: Path, columns: Sequence[str], rows: Rows) -> None:
    """A list of objects."""
    document = [dict(zip(columns, row, strict=True)) for row in rows]
    write_atomically(path, json.dumps(plain(document), allow_nan=False, indent=0) + "\n")


ENDINGS: dict[str, Write] = {".csv": write_csv, ".json": _write_json, ".parquet": write_parquet}


def writer_of(path: Path) -> Write:
    """What writes a file of that ending; raises :class:`InputError` where nothing does."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError("to", str(path), f"a sweep is written to a file that ends in {', '.join(ENDINGS)}")
    return ENDINGS[path.suffix.lower()]


def write_sweep(tables: Sequence[Table], path: Path) -> None:
    """The rows of all, under the columns of all; a value that a sweep has none of is None.

    Raises :class:`InputError` for an ending that there is no writer of, and OSError.
    """
    write = writer_of(path)
    columns = list(dict.fromkeys(column for table in tables for column in table.columns))
    write(
        path, columns, [[row.get(column) for column in columns] for table in tables for row in table.rows()]
    )
