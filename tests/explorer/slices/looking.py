"""What the tests of the Network view have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from stand_in import World
from steps import text, until
from textual.pilot import Pilot

from nnexpr import plane_regions
from nnexpr.regions.slices import Slice
from nnexpr.runs.reading import read_network
from nnexpr.runs.store import store
from nnexpr_tui.app import Explorer
from nnexpr_tui.parts.viewport import Window
from nnexpr_tui.presets import Preset
from nnexpr_tui.slices.moment import SliceMoment
from nnexpr_tui.slices.subject import SliceSubject

PLANE = Slice(points=("images.npy:0", "images.npy:1", "images.npy:2"))
BETWEEN = Slice(between=("images.npy:0", "images.npy:1"))


def explorer(world: World, file: str = "net.pt", place: Slice | None = PLANE, **how: Any) -> Explorer:
    begin: Mapping[str, Any] = {"file": file, "place": place, **how}
    return Explorer(load=world.load, opening=Preset("file", "", "", view="Network", begin=begin))


def moment(app: Explorer) -> SliceMoment:
    found = app.controller.moment(SliceSubject)
    assert found is not None
    return found


def counted(app: Explorer, window: Window | None = None) -> bool:
    found = app.controller.moment(SliceSubject)
    if found is None or found.counted is None or found.is_counting or not found.is_current:
        return False
    return window is None or np.allclose(found.counted.viewport.window, window)


def followed(app: Explorer) -> bool:
    """Whether the row that is asked for is counted."""
    found = app.controller.moment(SliceSubject)
    return (
        found is not None
        and not found.is_counting
        and found.along is not None
        and found.along.of is found.looked
    )


async def opened(app: Explorer, pilot: Pilot[Any], *keys: str) -> None:
    await until(lambda: counted(app) and "Linear regions" in text(app))
    if keys:
        await pilot.press(*keys)


def regions(app: Explorer, of: str = "regions") -> int:
    """How many there are in the window, counted beside the explorer."""
    found = moment(app).counted
    assert found is not None
    network = read_network("net.pt", store()).network
    return plane_regions(network, found.viewport.window, plane=found.of.plane, of=of).count
