"""Targets from files: ``csv:PATH`` or ``csv:PATH:XCOL:YCOL``.

The rows are sorted by x, the values of a repeated x are averaged, and both columns are scaled to [0, 1]:
``x = factor * network + shift`` with the factor the range and the shift the smallest value (factor 1 where
all are equal). What was done is said in the target's notes.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from nnexpr.files import FileError
from nnexpr.scale import Scale
from nnexpr.specification import InputError
from nnexpr.targets.dialect import Choice
from nnexpr.targets.table import Table, read_table
from nnexpr.targets.target import LARGEST, Target
from nnexpr.targets.wording import count, printable, were

__all__ = ["file_of", "read_target"]

Array = NDArray[np.float64]


def read_target(text: str, domain: tuple[float, float] | None = None, missing: str = "auto") -> Target:
    """The target that ``csv:`` and ``text`` spell; only the rows with x inside ``domain``, in own units.

    ``missing``: what becomes of rows without a value, see :mod:`nnexpr.targets.table`.

    Raises :class:`InputError`, with the line where a line is at fault.
    """
    spelling = f"csv:{text}"
    try:
        path, choice = _split(text)
        table = read_table(path, choice, missing)
        x, y, notes = _cleaned(table, domain)
        input_scale, value_scale = _unit_scale(x, table.x_name), _unit_scale(y, table.y_name)
    except FileError as error:
        raise InputError("target", printable(spelling, 160), str(error)) from None
    file_name = printable(os.path.basename(path), 60)
    return Target(
        name=printable(spelling, 160),
        formula=f"{table.y_name} against {table.x_name}, {count(len(x), 'point')} of {file_name}",
        inputs=input_scale.to_network(x)[:, None],
        values=value_scale.to_network(y),
        domain=((0.0, 1.0),),
        input_scales=(input_scale,),
        value_scale=value_scale,
        input_names=(table.x_name,),
        value_name=table.y_name,
        source=file_name,
        notes=notes,
    )


def file_of(spelling: str) -> str | None:
    """The path of the file that a target is read from; None of one that is read from none. Raises InputError."""
    kind, _, text = spelling.strip(" ").partition(":")
    if kind != "csv" or not text:
        return None
    try:
        return _split(text)[0]
    except FileError as error:
        raise InputError("target", printable(spelling, 160), str(error)) from None


def _split(text: str) -> tuple[str, Choice | None]:
    """The path and the columns. A path may hold colons itself: what names a file as a whole is a path."""
    whole = os.path.expanduser(text)
    if os.path.exists(whole):
        return whole, None
    path, *columns = text.rsplit(":", 2)
    drive = len(path) == 1 and columns and columns[0].startswith(("/", "\\"))  # C:\folder\name:with:colons
    if len(columns) == 2 and not drive:
        return os.path.expanduser(path), (columns[0], columns[1])
    if os.path.exists(whole.rpartition(":")[0]):
        raise FileError("columns come in pairs: csv:PATH:XCOL:YCOL")
    return whole, None


def _cleaned(table: Table, domain: tuple[float, float] | None) -> tuple[Array, Array, tuple[str, ...]]:
    """The rows inside the domain, in the order of x, one for each x."""
    x, y = table.x, table.y
    notes = list(table.notes)
    if domain is not None:
        inside = (x >= domain[0]) & (x <= domain[1])
        if not inside.any():
            reach = f"{table.x_name} goes from {x.min():g} to {x.max():g}"
            raise InputError(
                "domain", f"{domain[0]:g} {domain[1]:g}", f"no row of the file lies in it; {reach}"
            )
        if outside := int((~inside).sum()):
            rows = were(outside, "row outside the domain", "rows outside the domain")
            notes.append(f"{rows} left out.")
        x, y = x[inside], y[inside]
    if (x[1:] < x[:-1]).any():
        notes.append("The rows were sorted by x.")
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    x, starts, counts = np.unique(x, return_index=True, return_counts=True)
    if repeated := int((counts > 1).sum()):
        notes.append(f"{were(repeated, 'repeated x value')} averaged.")
        y = np.add.reduceat(y, starts) / counts
    if len(x) < 2:
        where = " in the domain" if domain is not None else ""
        raise FileError(
            f"it has one x{where} ({count(int(counts.sum()), 'row')}); a fit needs two different ones"
        )
    with np.errstate(over="ignore"):
        close = int((np.diff(x) < np.finfo(np.float64).eps * (x[-1] - x[0])).sum())
    if close:
        notes.append(
            f"{count(close, 'pair')} of neighbours on x cannot be told apart beside its whole range in "
            "double precision."
        )
    return x, y, tuple(notes)


def _unit_scale(values: Array, name: str) -> Scale:
    """The scale whose network units put the values on [0, 1]; factor 1 where all are equal."""
    low, high = float(values.min()), float(values.max())
    if max(abs(low), abs(high), high - low) > LARGEST:
        raise FileError(
            f"column {name} reaches from {low:g} to {high:g}, and squares beyond {LARGEST:g} overflow double "
            "precision; write it in another unit"
        )
    if 0 < high - low < 1 / LARGEST:
        raise FileError(
            f"column {name} spans {high - low:g}, and squares below {1 / LARGEST:g} vanish in double precision; "
            "write it in another unit"
        )
    return Scale(high - low or 1.0, low)
