"""What an experiment is, what it gives back, and where the experiments are found.

An experiment reproduces a part of a source: it returns tables, figures as data, and claims with the verdict that was
measured. A group of experiments is a module with a tuple ``EXPERIMENTS``; :data:`GROUPS` names them. Those modules
import nothing heavy, so that listing costs no torch: an experiment's work is named by :func:`deferred`.

``run(quick, report, seed)`` calls ``report(fraction, note)`` as it goes, from 0 to 1. ``report`` may raise to stop the
run; what the run has kept by :func:`nnexpr.experiments.parts.kept` is then found again by the next one. ``quick`` asks
for fewer members or epochs; such numbers are marked as quick and never stand for the full ones, and a claim that so few
cannot judge is not measured. All that is drawn is drawn from ``seed``; member i of a network has seed ``seed`` + i.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from nnexpr.specification import InputError

__all__ = [
    "EXPERIMENTS",
    "GROUPS",
    "TOO_QUICK",
    "VERDICTS",
    "Cell",
    "Claim",
    "Curve",
    "Experiment",
    "Figure",
    "Report",
    "Result",
    "Run",
    "Settings",
    "Table",
    "Verdict",
    "deferred",
    "digest_of_sources",
    "find",
    "judged",
    "of_group",
]

Cell = float | int | str | bool | None
Verdict = Literal["holds", "fails", "holds as corrected", "not measured"]
Report = Callable[[float, str], None]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

TOO_QUICK = "A quick run has too few members or epochs to tell."

GROUPS: dict[str, str] = {
    "concepts": "nnexpr.experiments.concepts",
    "manifold": "nnexpr.experiments.manifold",
}
"""The module of each group."""


@dataclass(frozen=True)
class Claim:
    """One statement of a source and what was found. ``expected``, ``measured``: numbers or short texts.

    ``why``: one sentence on what lies behind a verdict of "fails" or "not measured", where there is one to say.
    """

    id: str
    statement: str
    expected: Cell
    measured: Cell
    tolerance: Cell
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of plain values, one for each column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Curve:
    """One series of a figure, ``(n,)`` and ``(n,)``; NaN breaks the line."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Figure:
    """A figure as data: named series over shared axes."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Curve]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True)
class Result:
    """What an experiment gives back."""

    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    claims: Sequence[Claim] = ()


class Run(Protocol):
    """What does an experiment: quickly or in full, reporting as it goes, with all that is random drawn from a seed."""

    def __call__(self, quick: bool, report: Report, seed: int = 0) -> Result: ...


@dataclass(frozen=True)
class Settings:
    """What an experiment takes, in full and quickly: members, epochs, sizes; for people."""

    full: str = ""
    quick: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment: ``source`` says what it reproduces, ``question`` what it asks, ``run`` does it."""

    id: str
    group: str
    source: str
    title: str
    question: str
    run: Run
    settings: Settings = field(default_factory=Settings)


def deferred(place: str) -> Run:
    """The function at ``"module:name"``, imported when it is first run."""
    module, _, name = place.partition(":")

    def run(quick: bool, report: Report, seed: int = 0) -> Result:
        function: Run = getattr(import_module(module), name)
        return function(quick, report, seed)

    return run


def judged(
    id: str,  # noqa: A002 - a claim's own name for it
    statement: str,
    expected: Cell,
    measured: Cell,
    tolerance: Cell,
    holds: bool | None,
    *,
    corrected: bool = False,
    quick: bool = False,
    why: str = "",
) -> Claim:
    """A claim with the verdict of ``holds``: None is not measured, as is a number that is not finite.

    ``corrected``: the source is misprinted and ``holds`` speaks of the corrected statement. ``quick``: on fewer members
    or epochs than the claim is about; what does not hold then is not measured. ``why``: kept where it does not hold.
    """
    verdict: Verdict
    if holds is None or (isinstance(measured, float) and not math.isfinite(measured)):
        verdict = "not measured"
    elif quick and not holds:
        verdict, why = "not measured", TOO_QUICK
    elif holds:
        verdict, why = "holds as corrected" if corrected else "holds", ""
    else:
        verdict = "fails"
    return Claim(id, statement, expected, measured, tolerance, verdict, why)


def of_group(group: str) -> tuple[Experiment, ...]:
    """The experiments of a group, from its module."""
    if find_spec(GROUPS[group]) is None:
        return ()
    experiments: tuple[Experiment, ...] = tuple(import_module(GROUPS[group]).EXPERIMENTS)
    return experiments


if TYPE_CHECKING:
    EXPERIMENTS: tuple[Experiment, ...]


def __getattr__(name: str) -> tuple[Experiment, ...]:
    """``EXPERIMENTS``, every experiment group by group: the groups import this module, so it is put together late."""
    if name != "EXPERIMENTS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return tuple(experiment for group in GROUPS for experiment in of_group(group))


def find(name: str) -> tuple[Experiment, ...]:
    """The experiments of an id, of a group, or ``"all"``. Raises :class:`InputError` for another name."""
    groups = {group: of_group(group) for group in GROUPS}
    every = tuple(experiment for experiments in groups.values() for experiment in experiments)
    if name == "all":
        return every
    found = groups.get(name) or tuple(experiment for experiment in every if experiment.id == name)
    if not found:
        names = [
            "all",
            *(group for group in groups if groups[group]),
            *(experiment.id for experiment in every),
        ]
        raise InputError("experiment", name, "there are " + ", ".join(names))
    return found


@cache
def digest_of_sources() -> str:
    """A digest of the package's sources: what another version has measured is not this one's result."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
