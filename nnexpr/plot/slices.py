"""Figures of a network of any number of inputs on a plane among them: cells, decision regions, boundary, points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb

from nnexpr.networks.network import Network
from nnexpr.plot.canvas import Drawing, drawing, panels
from nnexpr.plot.plane import MOST_VECTORS, cells, draw_borders, set_limits
from nnexpr.plot.style import BLACK, COLORS, MAP, Size
from nnexpr.regions.asked import is_margin
from nnexpr.regions.plane import PlaneRegions, plane_regions
from nnexpr.specification import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = ["on_plane", "on_planes"]

Domain = tuple[tuple[float, float], tuple[float, float]]
Color = Literal["slope", "pattern", "class"]
Rgb = tuple[float, float, float]
Points = Mapping[str, tuple[float, float]]

# How much of a colour is kept, beside white, so that borders and letters are seen on it: of the first classes, of
# those that have the same colours once more, and of those after them.
PALE = (0.45, 0.8, 0.2)


def on_plane(
    regions: PlaneRegions,
    decisions: PlaneRegions | None = None,
    *,
    color: Color | None = None,
    points: Points | None = None,
    ax: Axes | None = None,
    size: Size = "column",
    title: str = "",
) -> Figure:
    """The cells of ``nnexpr.plane_regions(network, domain, plane=…)``, each a polygon, exactly.

    ``decisions``: what the same gives with ``of="argmax"``; its boundary is drawn over the cells, and so are the zeros
    of a margin. ``color``: by
    steepness, by the pattern of active units, or by the class where there are decisions, which is usual there; else
    it is the steepness. ``points``: letters at their (s, t). Raises :class:`~nnexpr.specification.InputError`.
    """
    chosen = color or ("slope" if decisions is None else "class")
    if chosen == "slope":
        figure = cells(regions, ax=ax, size=size)
        with drawing(figure.axes[0] if ax is None else ax, size) as on:
            _finish(on, regions, decisions, points, title)
        return figure
    with drawing(ax, size, ratio=0.86) as on:
        if chosen == "class" and decisions is None:
            raise InputError(
                "color", "class", "it takes decisions, as plane_regions(…, of='argmax') finds them"
            )
        colored, colors = _by_class(decisions) if chosen == "class" and decisions else _by_pattern(regions)
        corners = np.split(colored.vertices[colored.corners], colored.offsets[1:-1])
        many = len(corners) > MOST_VECTORS
        drawn = PolyCollection(corners, linewidths=0.2, facecolors=colors, edgecolors="face", rasterized=many)
        on.ax.add_collection(drawn)
        draw_borders(on, regions)
        _finish(on, regions, decisions, points, title)
    return on.figure


def on_planes(
    networks: Sequence[tuple[str, Network]],
    place: tuple[ArrayLike, ArrayLike, ArrayLike],
    domain: Domain,
    *,
    color: Color | None = None,
    points: Points | None = None,
    size: Size = "page",
) -> Figure:
    """Several networks, such as one at several epochs, on the same plane x = origin + s u + t v, beside each other.

    Each has its label, the number of its linear regions, and where it has several outputs its decision regions.
    Raises as ``plane_regions`` and :func:`on_plane`.
    """
    if not networks:
        raise InputError("networks", "none", "at least one, with its label")
    with panels(size, 1, len(networks), ratio=1.15 / len(networks), sharey=True) as axes:
        for number, ((label, network), ax) in enumerate(zip(networks, axes, strict=True)):
            regions = plane_regions(network, domain, plane=place)
            several = network.outputs > 1
            decisions = plane_regions(network, domain, plane=place, of="argmax") if several else None
            on_plane(
                regions,
                decisions,
                color=color,
                points=points,
                ax=ax,
                title=f"{label}: {regions.count:,} regions",
            )
            if number:
                ax.set_ylabel("")
    return axes[0].get_figure(root=True)  # type: ignore[return-value]


def _by_class(decisions: PlaneRegions) -> tuple[PlaneRegions, list[Rgb]]:
    assert decisions.classes is not None  # noqa: S101 - as its ``of`` says
    colors = []
    for each in decisions.classes.tolist():
        again, place = divmod(each, len(COLORS))
        colors.append(_paled(to_rgb(COLORS[place]), PALE[again % len(PALE)]))
    return decisions, colors


def _by_pattern(regions: PlaneRegions) -> tuple[PlaneRegions, list[Rgb]]:
    """A colour that the pattern alone gives."""
    shares = (regions.patterns.astype(np.uint64) % 2**32) / 2**32
    return regions, [_paled((red, green, blue), PALE[0]) for red, green, blue, _ in colormaps[MAP](shares)]


def _paled(color: Rgb, kept: float) -> Rgb:
    red, green, blue = (1.0 - kept * (1.0 - part) for part in color)
    return red, green, blue


def _finish(
    on: Drawing, regions: PlaneRegions, decisions: PlaneRegions | None, points: Points | None, title: str
) -> None:
    """The boundary, the points, the texts."""
    lines = regions.zeros if is_margin(regions.of) else [] if decisions is None else decisions.boundary
    if lines:
        on.ax.add_collection(LineCollection(lines, colors=BLACK, linewidths=1.0))
    for letter, (s, t) in (points or {}).items():
        on.ax.plot([s], [t], color=BLACK, marker="o", markersize=3, markerfacecolor="white", linestyle="none")
        on.ax.annotate(
            letter, (s, t), xytext=(3, 3), textcoords="offset points", fontsize=7, parse_math=False
        )
    set_limits(on, regions.domain)
    on.name(x="s", y="t", title=title)
