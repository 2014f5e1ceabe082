"""The map of an experiment: values over two axes, each place in the colour of the nearest of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from numpy.typing import NDArray

from nnexpr.experiments.data import Map
from nnexpr.plot.canvas import drawing
from nnexpr.plot.style import MAP, SIGNED_MAP, Size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["grid"]

Array = NDArray[np.float64]


def grid(figure: Map, *, ax: Axes | None = None, size: Size = "column", title: bool = True) -> Figure:
    """A map of an experiment: its axes, logarithmic where it says so, a square as one, and the scale of its colours."""
    values = np.array(figure.values, dtype=np.float64)
    norm = _norm(figure, values)
    if figure.log:
        values = np.where(values >= 0, np.clip(values, norm.vmin, None), np.nan)  # zero is drawn as the least
    with drawing(ax, size) as on:
        on.ax.set_xscale("log" if figure.log_x else "linear")
        on.ax.set_yscale("log" if figure.log_y else "linear")
        edges = _edges(figure.x, log=figure.log_x), _edges(figure.y, log=figure.log_y)
        colors = SIGNED_MAP if figure.diverging else MAP
        shown = np.ma.masked_invalid(values)
        mesh = on.ax.pcolormesh(*edges, shown, norm=norm, cmap=colors, rasterized=True)
        if not (figure.log_x or figure.log_y) and _ends(figure.x) == _ends(figure.y):
            on.ax.set_aspect("equal")  # a square of the plane
        on.scale(mesh, figure.label)
        on.name(x=figure.x_label, y=figure.y_label, title=figure.title if title else "")
    return on.figure


def _ends(places: Sequence[float]) -> tuple[float, float]:
    return min(places, default=0.0), max(places, default=0.0)


def _norm(figure: Map, values: Array) -> Normalize:
    """Its limits, or those of the finite values: around zero where signs count, of positive ones where powers do."""
    finite = values[np.isfinite(values) & ((values > 0) | (not figure.log))]
    low, high = figure.limits or ((float(finite.min()), float(finite.max())) if finite.size else (1.0, 2.0))
    if figure.diverging and not figure.limits:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    if low == high:
        low, high = (low / 2, 2 * high) if figure.log else (low - 0.5, high + 0.5)
    return LogNorm(low, high) if figure.log else Normalize(low, high)


def _edges(places: Sequence[float], *, log: bool) -> Array:
    """``(n + 1,)``: half way between neighbours on the axis as it is drawn, and as far beyond the outermost."""
    at = np.array(places, dtype=np.float64)
    at = np.log10(at) if log else at
    gaps = np.diff(at) if len(at) > 1 else np.ones(1)
    inner = (at[1:] + at[:-1]) / 2
    edges = np.concatenate([[at[0] - gaps[0] / 2], inner, [at[-1] + gaps[-1] / 2]])
    return 10.0**edges if log else edges
