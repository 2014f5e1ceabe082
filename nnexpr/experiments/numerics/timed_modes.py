"""Cases of training, each timed in some modes; and what their times say: exponents of t ~ m^p, tables, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Curve, Figure, Table
from nnexpr.experiments.numerics.halving import Modes, Setting, exponents, flow_times, interval, times

__all__ = ["MEMBERS", "Case", "Timed", "exponent_table", "law_figure", "time_all", "time_table"]

Array = NDArray[np.float64]

MEMBERS = 30, 6  # full and quick
MOST = 40_000  # epochs, beyond which a mode is not waited for


@dataclass(frozen=True)
class Case:
    """What is trained and in which modes it is timed: one alone in each training, or ``together`` in one.

    ``by_formula``: gradient flow with fixed biases, which takes no training.
    """

    name: str
    setting: Setting
    modes: Modes
    together: bool = False
    by_formula: bool = False

    def times(self) -> list[list[float]]:
        """``(k, members)``."""
        if self.by_formula:
            found = flow_times(self.setting, self.modes)
        else:
            found = times(self.setting, self.modes, MOST, together=self.together)
        listed: list[list[float]] = found.tolist()
        return listed


@dataclass(frozen=True)
class Timed:
    """``times: (k, members)`` of the modes of so many ``turns``; infinite where a mode was not halved."""

    turns: Sequence[float]
    times: Array

    def first(self, count: int) -> Timed:
        """Of the first modes alone."""
        return Timed(self.turns[:count], self.times[:count])

    @property
    def medians(self) -> Array:
        """``(k,)``; NaN where half of the starts or more have not halved the mode."""
        middle = np.median(self.times, axis=1)
        return np.where(np.isfinite(middle), middle, np.nan)

    @property
    def exponent(self) -> tuple[float, float, float]:
        """Its mean over the starts, and the 95 % interval."""
        return interval(exponents(self.turns, self.times))

    @property
    def told(self) -> str:
        """The same for people."""
        return "{:.2f} ({:.2f} to {:.2f})".format(*self.exponent)

    def is_near(self, exponent: float, tolerance: float = 0.5) -> bool:
        """Whether the whole interval is."""
        return all(abs(end - exponent) <= tolerance for end in self.exponent[1:])


def time_all(attempt: Attempt, cases: Sequence[Case], *, begin: float = 0.0) -> dict[str, Timed]:
    """Each case, by its name; ``begin``: the share of the whole that is done before."""
    found = attempt.each(cases, Case.times, lambda case: case.name, begin=begin)
    return {
        case.name: Timed(case.modes.turns, np.array(each)) for case, each in zip(cases, found, strict=True)
    }


def time_table(found: Mapping[str, Timed]) -> Table:
    """A row for each mode."""
    rows: list[list[Cell]] = []
    for name, each in found.items():
        for turns, median, own in zip(each.turns, each.medians, each.times, strict=True):
            told = float(median) if np.isfinite(median) else None
            rows.append([name, turns, told, int(np.isfinite(own).sum()), len(own)])
    title = "The time t at which the error in a mode of m turns is halved (Adam: epochs)"
    return Table(title, ("trained", "m", "t, median", "starts that halved it", "of"), rows)


def exponent_table(found: Mapping[str, Timed]) -> Table:
    """A row for each case."""
    rows: list[list[Cell]] = []
    for name, each in found.items():
        halved = int(np.isfinite(each.times).all(axis=1).sum())
        rows.append([name, *each.exponent, halved, len(each.turns)])
    title = (
        "Exponents p of t ~ m^p over the modes that all starts halved: means, 95 % intervals by Student's t"
    )
    return Table(title, ("trained", "p", "from", "to", "modes", "of"), rows)


def law_figure(found: Mapping[str, Timed], of: str = "") -> Figure:
    """Medians, and a line of the fitted exponent through their middle."""
    series = []
    for name, each in found.items():
        x, y, p = np.log(each.turns), np.log(each.medians), each.exponent[0]
        line = np.exp(np.nanmean(y) + p * (x - x[np.isfinite(y)].mean()))
        series += [
            Curve(name, list(each.turns), each.medians.tolist()),
            Curve(f"{name}: m^{p:.2f}", list(each.turns), line.tolist()),
        ]
    title = f"The time to halve a mode{of and f', {of}'}"
    return Figure(title, "turns m", "t", series, log_x=True, log_y=True)
