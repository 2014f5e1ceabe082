"""Which device a fit runs on, and how much memory it needs there: what cannot fit is refused before it starts."""

from __future__ import annotations

from functools import cache

import psutil
import torch

from nnexpr.networks.architecture import architecture
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.group import GROUP_BYTES

__all__ = [
    "describe_device", "device_memory", "estimate_bytes", "passed_over", "require_memory", "resolve_device", "trouble",
]  # fmt: skip

COPIES_OF_PARAMETERS = 6  # network, working copy, gradient, two kept states, results
COPIES_OF_MOMENTS = 3  # of the optimiser: as they are, and in two kept states
GRID_POINTS = 512


def resolve_device(name: str, dtype: str = "float32") -> torch.device:
    """The torch device for auto, cpu, cuda, cuda:N or mps; raises :class:`InputError` where there is none that works.

    ``auto`` is the first CUDA device if it can compute, else the processor; :func:`passed_over` says why.
    """
    if name == "auto":
        usable = torch.cuda.is_available() and not trouble("cuda:0")
        return torch.device("cuda", 0) if usable else torch.device("cpu")
    if problem := _problem(name, dtype):
        raise InputError("device", name, problem)
    return torch.device("cuda:0" if name == "cuda" else name)


def _problem(name: str, dtype: str) -> str:
    """Why there is no such device that works, and what does; empty where there is."""
    kind, _, place = name.partition(":")
    always = "auto and cpu always work"
    if name == "cpu":
        return ""
    if name == "mps":
        if not torch.backends.mps.is_available():
            return f"this machine has no Metal device; {always}"
        single = "a Metal device has no float64; use --dtype float32 or --device cpu"
        return single if dtype == "float64" else ""
    if kind != "cuda" or not (name == "cuda" or (place.isdecimal() and len(place) < 9)):
        return "it must be auto, cpu, cuda, cuda:N or mps"
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(place or 0) >= found:
        return f"this machine has {found or 'no'} CUDA device{'s' if found > 1 else ''}; {always}"
    why = trouble(f"cuda:{place or 0}")
    return f"it cannot compute ({why}); {always}" if why else ""


@cache
def trouble(name: str) -> str:
    """Why a device that torch finds cannot compute, empty where it can: a small product is tried.

    A driver may be too old for torch, a card too old for its kernels, or all its memory taken.
    """
    try:
        eight = torch.ones(8, 8, device=name)
        return "" if float((eight @ eight).sum()) == 512.0 else "its products are wrong"
    except (RuntimeError, AssertionError) as error:
        return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def passed_over(name: str) -> str:
    """The sentence to say where ``auto`` takes the processor though torch finds a CUDA device; else empty."""
    if name != "auto" or not torch.cuda.is_available() or not (why := trouble("cuda:0")):
        return ""
    return f"cuda:0 cannot compute ({why}); the processor is taken."


def describe_device(device: torch.device) -> str:
    """For people: "cpu", or the name of the graphics processor."""
    return f"{device}: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)


def device_memory(device: torch.device) -> tuple[int, int] | None:
    """Bytes in use, by whoever, and bytes in all, of a CUDA device; None of any other."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return total - free, total


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
