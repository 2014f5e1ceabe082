"""Which device a fit runs on."""

from __future__ import annotations

import torch

from nnexpr.specification import InputError

__all__ = ["describe_device", "device_memory", "resolve_device"]


def resolve_device(name: str, dtype: str = "float32") -> torch.device:
    """The torch device for auto, cpu, cuda, cuda:N or mps; raises :class:`InputError` where there is none.

    ``auto`` is the first CUDA device, else the processor.
    """
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    if name.startswith("cuda"):
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(name.partition(":")[2] or 0)
        if index >= found:
            have = f"{found} CUDA device{'s' if found != 1 else ''}" if found else "no CUDA device"
            raise InputError("device", name, f"this machine has {have}; auto and cpu always work")
        return torch.device("cuda", index)
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise InputError("device", name, "this machine has no Metal device; auto and cpu always work")
        if dtype == "float64":
            raise InputError(
                "device", name, "a Metal device has no float64; use --dtype float32 or --device cpu"
            )
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """For people: "cpu", or the name of the graphics processor."""
    return f"{device}: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)


def device_memory(device: torch.device) -> tuple[int, int] | None:
    """Bytes in use, by whoever, and bytes in all, of a CUDA device; None of any other."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return total - free, total
