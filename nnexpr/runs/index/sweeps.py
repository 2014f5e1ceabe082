"""Sweeps and their cells from the journals: what was added to one since it was read is all that is looked at.

A journal that cannot be read is a sweep in the state ``damaged``, with why, and without cells.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from nnexpr.plain import plain
from nnexpr.runs.index.rows import Row, forget, insert, told, word
from nnexpr.runs.sweep_growth import Growth, Place, Record
from nnexpr.runs.sweep_journal import Sweeps
from nnexpr.specification import InputError

__all__ = ["bring_up_to_date", "damaged", "is_up_to_date"]

_OF_CELLS = ("cells", "cell_metrics")
_STATES = ("waiting", "running", "done", "failed", "pruned")
_NOTHING = (0,) * (1 + len(_STATES))  # cells, and how many of them are in each state
_CHANGE_CELL = "UPDATE cells SET state = ?, run = ?, member = ?, problem = ? WHERE sweep = ? AND number = ?"
_FORGET_METRICS = "DELETE FROM cell_metrics WHERE sweep = ? AND number = ?"
_COUNTS = ", ".join(f"coalesce(sum(state = '{each}'), 0)" for each in _STATES)
_KEEP = (
    f"UPDATE sweeps SET stamp = ?, state = ?, size = ?, checksum = ?, (cells, {', '.join(_STATES)}) = "  # noqa: S608 - constants
    f"(SELECT count(*), {_COUNTS} FROM cells WHERE sweep = sweeps.id) WHERE id = ?"
)
_WAITING = Record("waiting", "", None, {}, "")


def is_up_to_date(connection: sqlite3.Connection, there: Mapping[str, str] | None) -> bool:
    """Whether there is nothing to do for :func:`bring_up_to_date`."""
    return there is None or _known(connection) == there


def damaged(connection: sqlite3.Connection) -> tuple[str, ...]:
    """A sentence for each sweep that cannot be read."""
    rows = connection.execute("SELECT id, problem FROM sweeps WHERE state = 'damaged' ORDER BY id").fetchall()
    return tuple(f"sweep {sweep}: {problem}" for sweep, problem in rows)


def bring_up_to_date(
    connection: sqlite3.Connection, store: Path, there: Mapping[str, str] | None
) -> None:  # fmt: skip
    """Let the tables be as the journals of the store are.

    ``there``: their stamps from before, so that what is added meanwhile is noticed; None where they cannot be read.
    """
    if there is None:
        return
    journals, known = Sweeps(store), _known(connection)
    for sweep in known.keys() - there.keys():
        forget(connection, ("sweeps",), "id", sweep)
        forget(connection, _OF_CELLS, "sweep", sweep)
    for sweep, stamp in there.items():
        if known.get(sweep) == stamp:
            continue
        try:
            grown = journals.growth(sweep, _place(connection, sweep))
            rows = _cell_rows(sweep, grown)
        except InputError as error:
            _keep_damaged(connection, sweep, stamp, error.allowed)
        except RecursionError:
            _keep_damaged(connection, sweep, stamp, "its options are nested too deep")
        else:
            _keep(connection, sweep, stamp, grown, rows)


def _known(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT id, stamp FROM sweeps").fetchall())


def _place(connection: sqlite3.Connection, sweep: str) -> Place | None:
    """How far its journal was read; a damaged one is read anew."""
    row = connection.execute(
        "SELECT size, checksum, cells, state FROM sweeps WHERE id = ? AND state <> 'damaged'", (sweep,)
    ).fetchone()
    return None if row is None else Place(*row)


def _keep(connection: sqlite3.Connection, sweep: str, stamp: str, grown: Growth, cells: list[Row]) -> None:
    place, head = grown.place, grown.head
    if head is not None:  # read from the beginning
        forget(connection, _OF_CELLS, "sweep", sweep)
        words = (word(head[name]) for name in ("name", "created", "text"))
        insert(connection, "sweeps", [(sweep, *words, "running", "", *_NOTHING, stamp, 0, 0)])
    insert(connection, "cells", cells)
    for number, record in grown.records.items():
        changed = (record.state, word(record.run), record.member, word(record.problem), sweep, number)
        if number not in grown.configs:
            connection.execute(_CHANGE_CELL, changed)
            connection.execute(_FORGET_METRICS, (sweep, number))
    insert(connection, "cell_metrics", _metric_rows(sweep, grown.records))
    read = (stamp, place.state, place.size, place.checksum)
    connection.execute(_KEEP, (*read, sweep))


def _keep_damaged(connection: sqlite3.Connection, sweep: str, stamp: str, problem: str) -> None:
    """What was known of its cells goes: it may be what is wrong."""
    forget(connection, _OF_CELLS, "sweep", sweep)
    row = (sweep, "", "", "", "damaged", word(problem), *_NOTHING, stamp, 0, 0)
    insert(connection, "sweeps", [row])


def _cell_rows(sweep: str, grown: Growth) -> list[Row]:
    """Of the cells that are new."""
    rows = []
    for number, config in grown.configs.items():
        state, run, member, _, problem = grown.records.get(number, _WAITING)
        text = json.dumps(plain(config))
        rows.append((sweep, number, state, word(run), member, word(problem), text))
    return rows


def _metric_rows(sweep: str, records: Mapping[int, Record]) -> Iterator[Row]:
    for number, record in records.items():
        for name, value in record.metrics.items():
            yield sweep, number, word(name), *told(value)
