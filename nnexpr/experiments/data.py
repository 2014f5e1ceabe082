"""What an experiment gives, as plain frozen data: claims with their verdicts, tables, figures of curves and maps.

As JSON each is an object with its fields (:func:`to_json`), which :func:`from_json` reads back: what is not whole, or
holds a value of another kind, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from itertools import pairwise
from math import isfinite
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from nnexpr.shown import Shown

__all__ = [
    "VERDICTS",
    "Cell",
    "Claim",
    "Curve",
    "Figure",
    "Map",
    "Result",
    "Table",
    "Verdict",
    "from_json",
    "to_json",
]

Cell = float | int | str | bool | None
Verdict = Literal["holds", "fails", "holds as corrected", "not measured"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Claim(Shown):
    """One statement of a source and what was found. ``expected``, ``measured``: numbers or short texts.

    ``fails_if``: what would have had to be found for "fails"; a verdict counts only if another was possible. ``why``:
    one sentence on what lies behind a verdict of "fails" or "not measured", where there is one to say.
    """

    id: str
    statement: str
    expected: Cell
    measured: Cell
    tolerance: Cell
    verdict: Verdict
    fails_if: str
    why: str = ""


@dataclass(frozen=True)
class Table(Shown):
    """Rows of plain values, one for each column. Raises ValueError for a row of another length."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: a row of {len(row)} values for {len(self.columns)} columns")

    @classmethod
    def of(cls, title: str, rows: Iterable[Mapping[str, Any]]) -> Table:
        """Of at least one row, each with its values by their columns, which are the same in all."""
        found = list(rows)
        return cls(title, list(found[0]), [list(row.values()) for row in found])


@dataclass(frozen=True)
class Curve:
    """One series of a figure, ``(n,)`` and ``(n,)``; NaN breaks the line."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Figure(Shown):
    """A figure as data: named series over shared axes."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Curve]
    log_x: bool = False
    log_y: bool = False

    @classmethod
    def over(
        cls, x: Iterable[float], series: Mapping[str, Iterable[float]], title: str, x_label: str, y_label: str, *,
        log_x: bool = False, log_y: bool = False,
    ) -> Figure:  # fmt: skip
        """Several series, by their labels, over the same ``x``."""
        across = _floats(x)
        curves = [Curve(label, across, _floats(y)) for label, y in series.items()]
        return cls(title, x_label, y_label, curves, log_x, log_y)


@dataclass(frozen=True)
class Map(Shown):
    """A figure as data: values over two axes, ``values[i][j]`` at ``(x[j], y[i])``; NaN where there is none.

    ``x`` and ``y`` are of any length from 1 and ascend, not necessarily evenly: a place between two of them has the
    value of the nearer, on the axis as it is drawn. ``label``: what the values are. ``diverging``: what counts is the
    distance from zero and its sign; ``log``: the power of ten, of which zero has the least and what is below it none.
    ``limits``: the least and the greatest value that are told apart, so that several maps can be compared; empty for
    those of the values. Raises ValueError where these do not fit together.
    """

    title: str
    x_label: str
    y_label: str
    x: Sequence[float]
    y: Sequence[float]
    values: Sequence[Sequence[float]]
    label: str = ""
    log_x: bool = False
    log_y: bool = False
    diverging: bool = False
    log: bool = False
    limits: Sequence[float] = ()

    def __post_init__(self) -> None:
        for name, axis, is_log in (("x", self.x, self.log_x), ("y", self.y, self.log_y)):
            if not len(axis) or not all(a < b for a, b in pairwise(axis)) or not all(map(isfinite, axis)):
                raise ValueError(f"{self.title}: {name} does not ascend through finite numbers")
            if is_log and axis[0] <= 0:
                raise ValueError(f"{self.title}: {name} begins with {axis[0]:g}, which has no logarithm")
        if len(self.values) != len(self.y) or any(len(row) != len(self.x) for row in self.values):
            raise ValueError(f"{self.title}: the values are not {len(self.y)} rows of {len(self.x)}")
        if self.diverging and self.log:
            raise ValueError(f"{self.title}: what is on a logarithmic scale has no sign")
        limits = list(self.limits)
        is_pair = len(limits) == 2 and all(map(isfinite, limits)) and limits[0] < limits[1]
        if limits and (not is_pair or (self.log and limits[0] <= 0)):
            raise ValueError(f"{self.title}: {limits} are no limits of its values")

    @classmethod
    def over(
        cls, x: Iterable[float], y: Iterable[float], values: Any, title: str, x_label: str, y_label: str, label: str, *,
        log_x: bool = False, log_y: bool = False, diverging: bool = False, log: bool = False,
        limits: Iterable[float] = (),
    ) -> Map:  # fmt: skip
        """Of arrays ``(n,)``, ``(m,)`` and ``(m, n)``; the values to four figures, for there are thousands of them."""
        rows = [[float(f"{value:.4g}") for value in _floats(row)] for row in values]
        return cls(
            title,
            x_label,
            y_label,
            _floats(x),
            _floats(y),
            rows,
            label,
            log_x,
            log_y,
            diverging,
            log,
            _floats(limits),
        )


def _floats(values: Any) -> list[float]:
    return [float(value) for value in (values.tolist() if hasattr(values, "tolist") else values)]


@dataclass(frozen=True)
class Result(Shown):
    """What an experiment gives back."""

    tables: Sequence[Table] = ()
    figures: Sequence[Figure | Map] = ()
    claims: Sequence[Claim] = ()


# --- as JSON


def to_json(value: Any) -> str:
    """One line. Arrays and their numbers become plain ones; a number that is not finite is written as Python does."""
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return vars(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, Iterable) else str(value)


def from_json(kind: type[Kind], given: Any) -> Kind:
    """A value of ``kind``, one of these classes or a plain type, from what JSON has of it.

    Raises ValueError, TypeError or LookupError where that is something else.
    """
    reader: Callable[[Any], Kind] = _reader(cast("Hashable", kind))
    return reader(given)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
        return lambda given: kind(**{name: readers[name](value) for name, value in _of(dict, given).items()})
    if get_origin(kind) is Sequence:
        item = _reader(*get_args(kind))
        return lambda given: tuple(map(item, _of(list, given)))
    if get_origin(kind) is Literal:
        return lambda given: get_args(kind)[get_args(kind).index(given)]
    if kind is float:
        return lambda given: float(_of((float, int), given))
    return lambda given: _of(get_args(kind) or kind, given)  # one of a union, or a plain type


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind}")
    return value
