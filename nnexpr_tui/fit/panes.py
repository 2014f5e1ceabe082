"""The panes beside the fit: what the shown network is made of, and how large the error is in each Fourier mode."""

from __future__ import annotations

import math
from typing import ClassVar

from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.parts.lines import Line, LinePane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row
from nnexpr_tui.training.moment import FitMoment

__all__ = ["CountsPane", "FrequenciesPane"]

DECADES = 4
EIGHTHS = "▏▎▍▌▋▊▉█"


class CountsPane(LinePane, can_focus=True):
    """A table of two columns."""

    HELP: ClassVar[str] = """\
Linear regions: the maximal intervals of the domain on which the shown member is one straight line; bends: the points
between them. Both are counted exactly from the weights, not from samples.
Activation regions: intervals with one pattern of active units; some neighbours may have the same slope.
By layer: how many bends each hidden layer makes.
Dead units are active nowhere on the domain, written layer.unit; a collapsed network is constant.
At most: the regions this architecture cannot exceed. Reachable: regions that some network of this architecture has.
Spline floor: a proved bound: no linear spline with as many pieces, so no network with so many regions, has a smaller
mean squared error; times floor: how far above it the loss is."""

    def show(self, fit: FitMoment) -> int:
        """Show the newest moment. About how many bytes that sends."""
        lines = counted_lines(fit.scene, fit.counts)
        if fit.scene.countable:
            lines.append(row("Spline floor", number(fit.floor) if fit.floor is not None else "…"))
            lines.append(row("times floor", number(fit.loss / fit.floor) if fit.floor else "…"))
        lines.append(row("Parameters", count(fit.scene.parameters)))
        if fit.diverged_at is not None:
            lines.append((("Diverged", "error"), (f" at epoch {fit.diverged_at}: smaller lr (<)", "error")))
        return self.show_lines(lines)


class FrequenciesPane(LinePane, can_focus=True):
    """One row a mode; a full bar is the power of ten at or above the greatest amplitude now."""

    HELP: ClassVar[str] = """\
The error, fit minus target, split into Fourier modes of the domain: mode k makes k turns over it, mode 0 is the mean.
Bars are logarithmic over four decades; a full one is the power of ten at or above the greatest amplitude now.
Slowly varying parts of the error are usually learned first: the longest bars move down the list."""

    def __init__(self, title: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(title, id=id)
        self.ascii = False

    def show(self, fit: FitMoment) -> int:
        """Show the newest moment. About how many bytes that sends."""
        if fit.frequencies is None:
            why = "two inputs" if fit.scene.dimension > 1 else "the error is not finite"
            return self.show_lines([((f"n/a ({why})", "label"),)])
        amplitudes = [float(value) for value in fit.frequencies[: max(1, self.size.height)]]
        greatest = max(amplitudes)
        top = math.ceil(math.log10(greatest)) if greatest > 0 else 0
        return self.show_lines([self._row(mode, value, top) for mode, value in enumerate(amplitudes)])

    def _row(self, mode: int, value: float, top: int) -> Line:
        width = max(1, self.size.width - 13)
        share = 0.0
        if value > 0:
            share = max(0.0, 1 + (math.log10(value) - top) / DECADES)
        bar = self._bar(share, width).ljust(width)
        return ((f"{mode:>3} ", "label"), (bar, "accent"), (f" {number(value, 2):>8}", "value"))

    def _bar(self, share: float, width: int) -> str:
        if self.ascii:
            return "#" * round(share * width)
        cells, rest = divmod(round(8 * share * width), 8)
        return "█" * cells + (EIGHTHS[rest - 1] if rest else "")
