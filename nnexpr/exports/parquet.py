"""Tables as Parquet, with pyarrow, of the extra [parquet]: a column keeps its type, and None is no value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nnexpr.atomic import writing_atomically
from nnexpr.exports.tables import LOSSES, MEMBERS, losses, members
from nnexpr.extras import require
from nnexpr.runs.recording import Recording

__all__ = ["write_losses", "write_members", "write_parquet"]


def write_losses(recordings: Sequence[Recording], path: Path) -> None:
    """What :func:`nnexpr.exports.tables.write_losses` writes."""
    write_parquet(path, LOSSES, losses(recordings))


def write_members(recordings: Sequence[Recording], path: Path) -> None:
    """What :func:`nnexpr.exports.tables.write_members` writes."""
    write_parquet(path, MEMBERS, members(recordings))


def write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A column of numbers, of yes and no or of text each; of several kinds of value it is text, as they are written.

    NaN and None are two things. Raises :class:`~nnexpr.extras.MissingExtra` without pyarrow, and OSError.
    """
    require("pyarrow", "parquet", "a Parquet file needs")
    import pyarrow as arrow
    from pyarrow import parquet

    held = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = arrow.table(dict(zip(columns, (_column(values) for values in held), strict=True)))
    with writing_atomically(path) as beside:
        parquet.write_table(table, beside)


def _column(values: Sequence[Any]) -> Any:
    import pyarrow as arrow

    kinds = {float if type(value) is int else type(value) for value in values if value is not None}
    if len(kinds) > 1:
        values = [None if value is None else str(value) for value in values]
    elif kinds == {float} and any(type(value) is float for value in values):
        values = [None if value is None else float(value) for value in values]
    return arrow.array(values)
