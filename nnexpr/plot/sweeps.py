"""Figures of a sweep: maps over two options, and parallel coordinates of all that vary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize

from nnexpr.plot.canvas import Drawing, drawing
from nnexpr.plot.style import BLACK, GREY, LEGEND_FONT, MAP, Size
from nnexpr.plot.texts import PLAIN, told
from nnexpr.runs.sweeps.pictures import HeatMap, Parallel, heat_maps
from nnexpr.runs.sweeps.pictures import parallel as parallel_of
from nnexpr.runs.sweeps.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["heat_map", "parallel", "sweep"]

_LABEL: dict[str, Any] = {
    "fontsize": LEGEND_FONT, "zorder": 4, "bbox": {"facecolor": "white", "alpha": 0.75, "pad": 0.6, "linewidth": 0},
}  # fmt: skip
MOST_LETTERS = 30  # of the labels under a column's width; more stand upright
FAINT = 0.25  # the opacity of the worst line; the best is opaque


def sweep(table: Table, *, by: str = "loss", size: Size = "column", title: bool = True) -> dict[str, Figure]:
    """Every figure of a sweep, by its name: parallel coordinates, and maps of the median over two options each."""
    figures = {"parallel": parallel(table, by=by, size=size, title=title)}
    for each in heat_maps(table, by):
        name = f"{each.x_label}-{each.y_label}"
        figures[name] = heat_map(each, size=size, title=title)
    return figures


def heat_map(data: HeatMap, *, ax: Axes | None = None, size: Size = "column", title: bool = True) -> Figure:
    """A square for each place, evenly spaced, with its label at each axis; a cross where no value is finite."""
    values = np.array(data.values, dtype=np.float64)
    with drawing(ax, size) as on:
        edges = np.arange(len(data.x) + 1) - 0.5, np.arange(len(data.y) + 1) - 0.5
        shown = np.ma.masked_invalid(values)
        mesh = on.ax.pcolormesh(*edges, shown, norm=_norm(data), cmap=MAP, rasterized=True)
        missing = np.argwhere(~np.isfinite(values))
        on.dots(missing[:, 1], missing[:, 0], marker="x", color=GREY, markersize=3)
        for ticks, labels in ((on.ax.set_xticks, data.x), (on.ax.set_yticks, data.y)):
            ticks(range(len(labels)), [told(label, own=on.own) for label in labels], **PLAIN)
        if sum(map(len, data.x)) > MOST_LETTERS:
            on.ax.tick_params(axis="x", labelrotation=90)
        on.ax.minorticks_off()
        on.scale(mesh, data.label + (" (×: none is finite)" if data.has_gaps else ""))
        on.name(x=data.x_label, y=data.y_label, title=data.title if title else "")
    return on.figure


def _norm(data: HeatMap) -> Normalize:
    low, high = min(data.finite, default=1.0), max(data.finite, default=1.0)
    if low == high:
        low, high = (low / 2, 2 * high) if data.log or low > 0 else (low - 0.5, high + 0.5)
    return LogNorm(low, high) if data.log else Normalize(low, high)


def parallel(
    table: Table, *, by: str = "loss", ax: Axes | None = None, size: Size = "page", title: bool = True
) -> Figure:
    """An upright axis for each option that varies and one for the result, a line across them for each cell.

    The darker a line, the better its rank by the result, of which less is better; the best is in front.
    """
    data = parallel_of(table, by)
    with drawing(ax, size, ratio=0.5) as on:
        ranks = _draw_lines(on, data)
        for at, axis in enumerate(data.axes):
            on.ax.axvline(at, color=BLACK, linewidth=0.6, zorder=3)
            for place, text in axis.ticks:
                label = told(text, own=on.own)
                on.ax.text(at + 0.02, place, label, va="center", **_LABEL, **PLAIN)
        on.ax.set_xlim(-0.05, len(data.axes) - 1 + 0.3)
        on.ax.set_ylim(-0.05, 1.05)
        on.ax.set_xticks(range(len(data.axes)), [told(axis.name, own=on.own) for axis in data.axes], **PLAIN)
        on.ax.set_yticks([])
        for side in ("left", "bottom"):
            on.ax.spines[side].set_visible(False)
        on.ax.tick_params(axis="x", length=0)
        if ranks is not None:
            on.scale(ranks, "share of cells that are worse")
        on.name(title=f"{len(data.cells):,} cells" if title else "")
    return on.figure


def _draw_lines(on: Drawing, data: Parallel) -> ScalarMappable | None:
    """The lines; what their colours mean, where there are any."""
    if not data.cells:
        return None
    places = np.array([[axis.places[cell] for axis in data.axes] for cell in data.cells])
    shares = np.linspace(0.0, 1.0, len(places)) if len(places) > 1 else np.ones(1)
    colors = mpl.colormaps[f"{MAP}_r"](shares)
    colors[:, 3] = FAINT + (1 - FAINT) * shares
    across = np.broadcast_to(np.arange(places.shape[1], dtype=np.float64), places.shape)
    lines = np.stack([across, places], axis=2)[~np.isnan(places).any(axis=1)]
    on.ax.add_collection(LineCollection(list(lines), colors=colors, linewidths=0.8, zorder=2))
    return ScalarMappable(Normalize(0.0, 1.0), f"{MAP}_r")
