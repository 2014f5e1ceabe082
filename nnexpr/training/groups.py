"""The groups of a session: which stepper trains them, and how many members each holds."""

from __future__ import annotations

import torch

from nnexpr.declarations import load
from nnexpr.specification import OPTIONS, InputError
from nnexpr.training.group import (
    DEVICE_BYTES,
    GROUP_BYTES,
    Division,
    Group,
    divide,
    divide_for_tensors,
)
from nnexpr.training.loops import Loops, is_compiled
from nnexpr.training.stepper import Job

__all__ = ["make_groups"]


def make_groups(job: Job, loops: Loops = "auto") -> list[Group]:
    """Groups of all members. ``loops``: see ``loops.py``.

    On a device whose memory does not hold them the groups are made smaller; :class:`InputError` where not even one
    member fits, and for what the optimiser cannot do.
    """
    network, data, spec = job.network, job.data, job.specification
    if job.settings.rates is not None and not spec.method.takes("lr"):
        raise InputError("lr", "one for each member", f"{spec.optimizer} chooses its own steps; give none")
    compiled = is_compiled(job, loops)
    if spec.on_the_manifold and not compiled:
        allowed = "stages 1 and 2 train on the processor, with --device cpu"
        raise InputError("stages", OPTIONS["stages"].format(spec.stages), allowed)
    threads = torch.get_num_threads() if network.parameters.device.type == "cpu" else 1
    points = min(data.points, data.batch_size or data.points)
    if compiled:
        return _groups(job, divide(network, points, threads))
    room = GROUP_BYTES if network.parameters.device.type == "cpu" else DEVICE_BYTES
    while True:
        division = divide_for_tensors(network, points, room, threads)
        try:
            return _groups(job, division)
        except torch.cuda.OutOfMemoryError as error:
            _release()
            smallest = division.members == 1 and division.chunk <= 1
            if smallest or room < 1024:
                raise InputError(
                    "members", str(network.members),
                    f"the memory of {network.parameters.device} does not hold them in groups of any size; lower it, "
                    "or train on the processor with --device cpu",
                ) from error  # fmt: skip
            room //= 2


def _release() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _groups(job: Job, division: Division) -> list[Group]:
    method, members = job.specification.method, job.network.members
    make = load(method.staged if job.specification.on_the_manifold else method.stepper)
    starts = range(0, members, division.members)
    parts = [job.part(slice(first, min(first + division.members, members))) for first in starts]
    return [Group(first, make(part, division)) for first, part in zip(starts, parts, strict=True)]
