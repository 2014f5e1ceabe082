"""``plot --plane``: the cells, decision regions and boundary of any network on a plane among its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nnexpr import plot
from nnexpr.regions.asked import ARGMAX, REGIONS, asked
from nnexpr.regions.plane import plane_regions
from nnexpr.runs.reading import read_any
from nnexpr.specification import InputError
from nnexpr_tui.commands.output import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnexpr.regions.slices import Slice
    from nnexpr.runs.store import Store
    from nnexpr_tui.commands.plot_sources import Asked

__all__ = ["on_plane"]

COLORS: dict[str | None, Literal["slope", "pattern"]] = {"cells": "slope", "patterns": "pattern"}  # of --what
LETTERS = {"P": (0.0, 0.0), "Q": (1.0, 0.0), "R": (0.0, 1.0)}


def on_plane(
    name: str,
    store: Store,
    place: Slice,
    of: str | None,
    up_to: str | None,
    asked_for: Asked,
    look: dict[str, Any],
) -> tuple[str, Figure]:
    """The figure, with its label. Raises InputError, and ValueError where the cells cannot be counted."""
    for option in ("epoch", "quick"):
        if asked_for[option]:
            raise InputError(option, asked_for[option], "leave it out; it has no meaning on a plane")
    if asked_for["what"] not in (None, *COLORS):
        raise InputError("what", asked_for["what"], f"on a plane it is one of {', '.join(map(str, COLORS))}")
    saved = read_any(name, store, up_to=up_to)
    for sentence in saved.assumed:
        say(sentence)
    network, member, what = (
        saved.network,
        asked_for["member"] or 0,
        of or (ARGMAX if saved.network.outputs > 1 else REGIONS),
    )
    asked(network, what)
    if member >= network.members:
        raise InputError("member", member, f"it must be from 0 to {network.members - 1}")
    plane, window = place.plane(saved.input_scales), place.rectangle
    counted = REGIONS if what == ARGMAX else what
    regions = plane_regions(network, window, member, plane=plane, of=counted)
    decisions = plane_regions(network, window, member, plane=plane, of=ARGMAX) if what == ARGMAX else None
    told = f"{regions.count:,} linear regions" + (
        f", {decisions.count:,} decision regions" if decisions else ""
    )
    figure = plot.on_plane(
        regions, decisions, color=COLORS.get(asked_for["what"]), points=LETTERS if place.points else None,
        size=look.get("size", "column"), title=told if look["title"] else "",
    )  # fmt: skip
    return "plane", figure
