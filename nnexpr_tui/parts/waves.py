"""How much of a composed wave is shown."""

from __future__ import annotations

__all__ = ["shown_regions"]

AXES = 8  # cells left of the canvas


def shown_regions(depth: int, width: int, markers: str) -> int:
    """How many regions of the wave a chart of ``width`` cells can tell apart: a power of two, all of them if it can."""
    cells = max(2, width - AXES)
    room = cells // 4 if markers == "ascii" else cells
    return 1 << min(depth, max(1, room.bit_length() - 1))
