"""The groups of a session: which stepper trains them, and how many members each holds.

There are two ways through a network's points: compiled loops on the processor, batched products of tensors anywhere.
"""

from __future__ import annotations

from typing import Literal

import torch

from nnexpr.activations import ACTIVATIONS
from nnexpr.declarations import load
from nnexpr.specification import OPTIONS, InputError
from nnexpr.training.compiled_stepper import CompiledEvaluator, CompiledStepper
from nnexpr.training.group import (
    DEVICE_BYTES,
    GROUP_BYTES,
    Division,
    Group,
    divide,
    divide_for_tensors,
)
from nnexpr.training.stepper import Evaluator, Job, Stepper
from nnexpr.training.tensor_stepper import TensorEvaluator, TensorStepper

__all__ = ["Loops", "evaluator", "first_order", "is_compiled", "make_groups"]

Loops = Literal["auto", "compiled", "tensors"]


def make_groups(job: Job, loops: Loops = "auto") -> list[Group]:
    """Groups of all members. ``loops``: see :func:`is_compiled`.

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
    on_processor = network.parameters.device.type == "cpu"
    threads = torch.get_num_threads() if on_processor else 1
    points = min(data.points, data.batch_size or data.points)
    if compiled:
        return _groups(job, divide(network, points, threads))
    room = GROUP_BYTES if on_processor else DEVICE_BYTES
    while True:
        division = divide_for_tensors(network, points, room, threads, whole=data.points)
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


def is_compiled(job: Job, loops: Loops) -> bool:
    """Whether the compiled loops train it: unless told, on the processor where optimiser and activations have code.

    Raises InputError where they are wanted and the optimiser or an activation has none.
    """
    method = job.specification.method
    without = [("optimizer", method.name)] if method.step and not method.compiled else []
    without += [
        ("activation", layer.activation)
        for layer in job.network.layers
        if not ACTIVATIONS[layer.activation].compiled
    ]
    if loops == "compiled" and without:
        raise InputError(*without[0], "it has no compiled step; train with it in loops of tensors")
    on_processor = job.network.parameters.device.type == "cpu"
    return loops == "compiled" or (loops == "auto" and not without and on_processor)


def evaluator(job: Job, division: Division) -> Evaluator:
    """Losses, predictions and gradients of the job's members."""
    if division.compiled:
        return CompiledEvaluator(job, division.threads)
    return TensorEvaluator(job, division.chunk)


def first_order(job: Job, division: Division) -> Stepper:
    """What steps along gradients as the optimiser's declaration says."""
    if division.compiled:
        return CompiledStepper(job, division.threads)
    return TensorStepper(job, division.chunk)
