"""Maps of what lies in the plane, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr_tui.charts.heat import Picture
    from nnexpr_tui.charts.maps import Ground

__all__ = ["Map", "side_by_side"]

GAP = 2  # cells between two maps


@dataclass(frozen=True, eq=False)
class Map:
    """An image ``(rows, columns)``, the top row first, between limits; ``signed``: by its distance from zero."""

    values: NDArray[np.float64]
    limits: tuple[float, float]
    signed: bool = False


def side_by_side(maps: Sequence[Map], ground: Ground) -> Picture:
    """The maps from left to right, each as wide as the others."""
    import numpy as np

    from nnexpr_tui.charts.heat import blank
    from nnexpr_tui.charts.maps import value_map

    width = max((ground.width - GAP * (len(maps) - 1)) // len(maps), 0)
    parts = []
    for each in maps:
        drawn, _ = value_map(each.values, each.limits, replace(ground, width=width), signed=each.signed)
        parts += [drawn, blank(GAP, ground.height)]
    whole = np.hstack(parts[:-1])
    return np.hstack([whole, blank(ground.width - whole.shape[1], ground.height)])[:, : ground.width]
