"""A network of two inputs as the Plane screen shows it: its values and its cells, in the target's own units.

Imported on the worker's thread: it brings torch.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.networks.network import Network
from nnexpr.regions.plane import PlaneRegions, plane_regions
from nnexpr.targets.target import Target
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.documents import plain
from nnexpr_tui.plane.moment import CellCounts, Cells, PlaneView

__all__ = ["cells_of", "document", "heights"]

Array = NDArray[np.float64]

MOST_CELLS = 400_000  # counted in a few seconds; the explorer waits no longer


def heights(network: Network, target: Target, view: PlaneView, *, of_target: bool) -> Array:
    """The target's or the network's values at the pixels, ``(height, width)``; NaN where the target has none."""
    points = view.points()
    inputs = np.stack([scale.to_network(points[:, i]) for i, scale in enumerate(target.input_scales)], axis=1)
    if not of_target:
        with torch.inference_mode():
            values = network(torch.as_tensor(inputs))[0, :, 0].cpu().numpy().astype(np.float64)
    elif target.function is not None:
        with np.errstate(all="ignore"):
            values = np.asarray(target.function(inputs), dtype=np.float64)
    else:
        values = np.full(len(inputs), np.nan)
    return target.value_scale.to_own(values).reshape(view.height, view.width)


def cells_of(network: Network, target: Target, snapshot: Snapshot) -> Cells:
    """The cells of the network, one member, on the target's domain.

    Raises ``ValueError`` where they cannot be counted: weights that are not finite, or more than ``MOST_CELLS``.
    """
    (low1, high1), (low2, high2) = target.domain
    made = plane_regions(network, ((low1, high1), (low2, high2)), most_cells=MOST_CELLS)
    plane = made.rescaled(target.input_scales, target.value_scale)
    inner = plane.edge_layer > 0
    return Cells(
        counts=_counts(plane, snapshot),
        slopes=plane.slopes,
        intercepts=plane.intercepts,
        segments=plane.vertices[plane.edges[inner]].reshape(-1, 4),
        layers=plane.edge_layer[inner],
        locate=plane.locate,
    )


def _counts(plane: PlaneRegions, snapshot: Snapshot) -> CellCounts:
    check = plane.check
    return CellCounts(
        epoch=snapshot.epoch,
        member=snapshot.member,
        regions=plane.count,
        activation_regions=plane.activation_regions,
        dead_units=plane.dead_units,
        euler=check.euler,
        area_error=check.area_error,
        mean_degree=check.mean_degree,
        max_residual=check.max_residual,
        sampled_points=check.sampled_points,
        sampled_mismatches=check.sampled_mismatches,
        ties=check.ties,
    )


def document(counts: CellCounts) -> dict[str, Any]:
    """The counts of a network of two inputs, as JSON has them."""
    return dict(plain(dataclasses.asdict(counts)))
