"""A network of two inputs as the Plane screen shows it: its values and its cells, in the target's own units.

Imported on the engine's thread: it brings torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.plain import plain
from nnexpr.regions.plane import PlaneRegions, plane_regions
from nnexpr.runs.recording import network_of
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.parts.cells import inner_borders
from nnexpr_tui.parts.viewport import Viewport
from nnexpr_tui.plane.moment import SeenCells

__all__ = ["cells", "document", "fit_heights", "seen_cells", "target_heights"]

Array = NDArray[np.float64]

# What is written of the check
CERTIFIED = (
    "euler",
    "area_error",
    "mean_degree",
    "certified",
    "max_residual",
    "sampled_points",
    "sampled_mismatches",
    "ties",
)
MOST_CELLS = 400_000  # counted in a few seconds; the explorer waits no longer


def target_heights(session: Session, viewport: Viewport) -> Array:
    """The target's values at the pixels, ``(height, width)``; NaN where it has none."""
    target, inputs = session.target, _inputs(session, viewport)
    if target.function is None:
        return np.full((viewport.height, viewport.width), np.nan)
    with np.errstate(all="ignore"):
        values = np.asarray(target.function(inputs), dtype=np.float64)
    return target.value_scale.to_own(values).reshape(viewport.height, viewport.width)


def fit_heights(session: Session, snapshot: Snapshot, viewport: Viewport) -> Array:
    """The values of the snapshot's network at the pixels, ``(height, width)``."""
    with torch.inference_mode():
        values = network_of(session.network, snapshot)(torch.as_tensor(_inputs(session, viewport)))[
            0, :, 0
        ].numpy()
    return session.target.value_scale.to_own(values.astype(np.float64)).reshape(
        viewport.height, viewport.width
    )


def _inputs(session: Session, viewport: Viewport) -> Array:
    """The pixels in the network's units, ``(height * width, 2)``."""
    points = viewport.points()
    scales = session.target.input_scales
    return np.stack([scale.to_network(points[:, i]) for i, scale in enumerate(scales)], axis=1)


def cells(session: Session, snapshot: Snapshot) -> PlaneRegions:
    """The cells of the snapshot's network on the target's domain.

    Raises ``ValueError`` where they cannot be counted: weights that are not finite, or more than ``MOST_CELLS``.
    """
    target = session.target
    (low1, high1), (low2, high2) = target.domain
    domain = (low1, high1), (low2, high2)
    made = plane_regions(network_of(session.network, snapshot), domain, most_cells=MOST_CELLS)
    return made.rescaled(target.input_scales, target.value_scale)


def seen_cells(regions: PlaneRegions, counted: Snapshot, viewport: Viewport) -> SeenCells:
    """The cell of each pixel of the viewport, and the borders that may be seen in it."""
    faces = regions.locate(viewport.points()).reshape(viewport.height, viewport.width)
    segments, layers = inner_borders(regions)
    (left, right), (bottom, top) = viewport.window
    x, y = segments[:, 0::2], segments[:, 1::2]
    seen = (x.min(axis=1) <= right) & (x.max(axis=1) >= left)
    seen &= (y.min(axis=1) <= top) & (y.max(axis=1) >= bottom)
    return SeenCells(regions, counted, faces, segments[seen], layers[seen])


def document(regions: PlaneRegions, counted: Snapshot) -> dict[str, Any]:
    """The counts of a network of two inputs and what certifies them, as JSON has them."""
    certified = {name: getattr(regions.check, name) for name in CERTIFIED}
    counts = {"regions": regions.count, "activation_regions": regions.activation_regions}
    at = {"epoch": counted.epoch, "member": counted.member}
    return dict(plain(at | counts | {"dead_units": regions.dead_units} | certified))
