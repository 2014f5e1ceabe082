"""Which maps of the Network view are seen together, by how much room there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnexpr_tui.slices.moment import OpenedNetwork

__all__ = ["ARRANGEMENTS", "WORDS", "arrangements", "usual"]

ARRANGEMENTS = {
    "four": ("cells", "decisions", "values", "input"),
    "decisions": ("cells", "decisions"),
    "values": ("cells", "values"),
    "input": ("cells", "input"),
    "both": ("cells", "row"),
    "walk": ("row", "input"),
    "row": ("row",),
}
HIGH = ("four", "both", "walk")
WORDS = {
    "cells": "cells",
    "decisions": "decision regions",
    "values": "an output",
    "input": "the input",
    "row": "the row of the crosshair",
}


def arrangements(*, is_roomy: bool) -> list[str]:
    """Those that there is room for; ``is_roomy``: whether maps may stand one above the other."""
    return [name for name in ARRANGEMENTS if is_roomy or name not in HIGH]


def usual(of: OpenedNetwork | None, *, is_roomy: bool) -> str:
    """The one that is shown until another is chosen."""
    if of is not None and of.is_segment:
        return "walk" if is_roomy else "row"
    several = of is None or of.outputs > 1
    return "four" if is_roomy else "decisions" if several else "values"
