"""What every view of cells shares: how they are coloured, their borders, what certifies their count, the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.map_panes import MapPane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row
from nnexpr_tui.parts.viewport import Window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.regions.plane.cells import PlaneCertificate
    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

    Array = NDArray[np.float64]
    Index = NDArray[np.int64]

__all__ = ["COLORS", "CellMap", "Seen", "certificate_rows", "inner_borders", "window_rows"]

COLORS = {"slope": "Cells by slope", "pattern": "Cells by pattern", "layer": "Borders by layer"}


class Seen(Protocol):
    """Cells and what a viewport shows of them: the cell of each pixel, ``(height, width)``, and the inner borders."""

    @property
    def regions(self) -> PlaneRegions: ...
    @property
    def faces(self) -> Index: ...
    @property
    def segments(self) -> Array: ...
    @property
    def layers(self) -> Index: ...


class CellMap(MapPane):
    """A map of cells; the scale of slopes is held while they fit it."""

    limit: float | None = None

    def drawn(self, seen: Seen, slopes: Array, window: Window, ground: Ground, colors: str) -> Picture:
        """The cells in these of ``COLORS``; ``slopes: (cells, 2)`` of what is shown by slope."""
        from nnexpr_tui.charts.classes import pattern_map
        from nnexpr_tui.charts.maps import border_map, cell_map, held_limit

        if colors == "layer":
            return border_map(seen.segments, seen.layers, window, ground)
        if colors == "pattern":
            return pattern_map(seen.faces, seen.regions.patterns, ground)
        self.limit = held_limit((slopes[seen.faces] ** 2).sum(axis=-1) ** 0.5, self.limit)
        return cell_map(seen.faces, slopes, self.limit, ground)


def inner_borders(regions: PlaneRegions) -> tuple[Array, Index]:
    """Both ends of every border between two cells, ``(borders, 4)``, and the hidden layer, from 1, that makes it."""
    inner = regions.edge_layer > 0
    return regions.vertices[regions.edges[inner]].reshape(-1, 4), regions.edge_layer[inner]


def certificate_rows(check: PlaneCertificate) -> list[Line]:
    """What vouches for a count of cells, beside whether it does."""
    return [
        row("Euler V-E+F", f"{check.euler}" + (" ok" if check.euler == 1 else " wrong")),
        row("Area error", number(check.area_error, 2)),
        row("Residual", number(check.max_residual, 2)),
        row("Sampled wrong", f"{count(check.sampled_mismatches)} of {count(check.sampled_points)}"),
        row("Ties", count(check.ties)),
    ]


def window_rows(window: Window, names: tuple[str, str], *, ascii_only: bool, width: int) -> list[Line]:
    """What of both coordinates is shown; ``width``: of the labels."""
    dash = ".." if ascii_only else "…"
    return [
        row(f"Shown {name}", f"{number(low)} {dash} {number(high)}", width=width)
        for name, (low, high) in zip(names, window, strict=True)
    ]
