"""How much memory a fit needs, so that what cannot fit is refused before it starts."""

from __future__ import annotations

import psutil
import torch

from nnexpr.networks.architecture import architecture
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.group import GROUP_BYTES

__all__ = ["estimate_bytes", "require_memory"]

COPIES_OF_PARAMETERS = 6  # network, working copy, gradient, two kept states, results
COPIES_OF_MOMENTS = 3  # of the optimiser: as they are, and in two kept states
GRID_POINTS = 512


def estimate_bytes(spec: FitSpecification, dimension: int = 1) -> int:
    """About how many bytes training takes at its most: parameters and optimiser, data, and a group's buffers."""
    itemsize = 8 if spec.dtype == "float64" else 4
    shape = architecture(spec, dimension)
    parameters = shape.parameter_count
    points = spec.points
    data = points * (24 * (dimension + 1) + itemsize * (shape.layers[0].inputs + 1))
    predictions = spec.members * GRID_POINTS * (itemsize + 12)
    copies = COPIES_OF_PARAMETERS + COPIES_OF_MOMENTS * spec.method.moments
    one_member = 2 * itemsize * sum(layer.outputs for layer in shape.layers) * min(points, 256)
    return (
        itemsize * spec.members * (copies * parameters + spec.method.room(parameters))
        + data
        + predictions
        + max(GROUP_BYTES, one_member)
    )


def require_memory(spec: FitSpecification, device: torch.device) -> None:
    """Raise :class:`InputError` naming the estimate if the fit would not fit into the memory that is free."""
    needed = estimate_bytes(spec)
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    if needed > free:
        largest = max(
            ("members", spec.members), ("points", spec.points), ("width", max(spec.width)), key=lambda p: p[1]
        )
        raise InputError(
            largest[0], str(largest[1]),
            f"this fit needs about {_gigabytes(needed)} of memory and {_gigabytes(free)} are free; lower it",
        )  # fmt: skip


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
