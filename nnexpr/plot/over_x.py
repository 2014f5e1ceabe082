"""Figures over the inputs: a fit with its target, and a target alone; with two inputs as maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnexpr.plot.canvas import Drawing, drawing
from nnexpr.plot.fits import GRID, FitAt, at_epoch, telling_data
from nnexpr.plot.style import BLACK, COLORS, PALE, Size
from nnexpr.targets.target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnexpr.runs.recording import Recording
    from nnexpr.training.fit import FitResult

__all__ = ["fit", "target"]


def fit(
    fit: FitResult | Recording,
    *,
    epoch: int | None = None,
    member: int | None = None,
    error: bool = False,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = True,
) -> Figure:
    """The target, what was fitted to it, where it bends, the band of all members, and the data where there are any.

    ``epoch``: of a recording, that of the snapshot at it or before it; the last unless given. ``member``: the one of
    the least loss unless given. ``error``: fit minus target in place of both. Bends are ticks above the lower border:
    exact, from the weights. With two inputs it is along the first, through the middle of the domain.

    Raises :class:`~nnexpr.specification.InputError` for an epoch or a member that is not known.
    """
    at = at_epoch(fit, epoch, member)
    with drawing(ax, size) as on:
        if error:
            _draw_error(on, at)
        else:
            _draw_fit(on, at)
        if at.bends is not None and len(at.bends):
            on.ticks(at.bends, f"{len(at.bends):,} bend{'s' * (len(at.bends) != 1)}")
        on.ax.margins(x=0.02)
        value = f"{at.value_name}, fit minus target" if error else at.value_name
        on.name(x=at.input_name, y=value, title=_title(at) if title else "")
    return on.figure


def _title(at: FitAt) -> str:
    whose = f", member {at.member} of {at.members}" if at.members > 1 else ""
    return f"epoch {at.epoch:,}{whose}, MSE {at.loss:.3g}"


def _draw_fit(on: Drawing, at: FitAt) -> None:
    if at.band is not None:
        x, low, high = at.band
        on.band(x, low, high, f"all {at.members} members")
    if np.isfinite(at.truth).any():
        on.line(at.x, at.truth, at.name, color=PALE, linewidth=2.4, linestyle="-")
    if at.data is not None:
        on.dots(at.data[0], at.data[1], "data", color=BLACK, markersize=1.5, markeredgewidth=0)
    on.line(at.x, at.prediction, "network", color=COLORS[0], linestyle="-")


def _draw_error(on: Drawing, at: FitAt) -> None:
    if at.band is not None:
        x, low, high = at.band
        truth = np.interp(x, at.x, at.truth)
        on.band(x, low - truth, high - truth, f"all {at.members} members")
    on.level(0.0, color=PALE, linestyle="-")
    on.line(at.x, at.prediction - at.truth, "network", color=COLORS[1], linestyle="-")


def target(target: Target, *, ax: Axes | None = None, size: Size = "column", title: bool = True) -> Figure:
    """A target of one input over its domain, and its training points where they tell more; of two inputs as a map."""
    if target.dimension == 2 and ax is None:
        from nnexpr.plot.plane import target_map

        return target_map(target, size=size, title=title)
    section = target.section(GRID)
    x, truth = target.input_scales[0].to_own(section[:, 0]), target.truth(section)
    with drawing(ax, size) as on:
        if np.isfinite(truth).any():
            on.line(x, truth, target.formula, color=COLORS[0], linestyle="-")
        if (data := telling_data(target)) is not None:
            on.dots(
                data[0], data[1], f"{target.points:,} points", color=BLACK, markersize=1.5, markeredgewidth=0
            )
        on.ax.margins(x=0.02)
        on.name(x=target.section_name, y=target.value_name, title=target.name if title else "")
    return on.figure
