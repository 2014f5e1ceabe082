"""The groups of a session: which stepper trains them, and how many members each holds."""

from __future__ import annotations

from typing import Literal

import torch

from nnexpr.networks.network import Network
from nnexpr.specification import OPTIONS, FitSpecification, InputError
from nnexpr.training.compiled_stepper import CompiledStepper, can_compile
from nnexpr.training.group import (
    DEVICE_BYTES,
    GROUP_BYTES,
    Division,
    Group,
    divide,
    divide_for_tensors,
)
from nnexpr.training.second_order import SecondOrderStepper
from nnexpr.training.stages import StagedStepper
from nnexpr.training.stepper import Data, MemberSettings
from nnexpr.training.tensor_stepper import TensorStepper

__all__ = ["Loops", "make_groups"]

Loops = Literal["auto", "compiled", "tensors"]


def make_groups(
    network: Network, data: Data, spec: FitSpecification, settings: MemberSettings, loops: Loops = "auto"
) -> list[Group]:
    """Groups of all members. ``loops``: compiled on the processor, batched products elsewhere, unless told.

    On a device whose memory does not hold them the groups are made smaller; :class:`InputError` where not even one
    member fits.
    """
    if settings.rates is not None and not spec.method.takes("lr"):
        raise InputError("lr", "one for each member", f"{spec.optimizer} chooses its own steps; give none")
    if spec.on_the_manifold and (loops == "tensors" or not can_compile(network)):
        allowed = "stages 1 and 2 train on the processor, with --device cpu"
        raise InputError("stages", OPTIONS["stages"].format(spec.stages), allowed)
    threads = torch.get_num_threads() if network.parameters.device.type == "cpu" else 1
    points = min(data.points, data.batch_size or data.points)
    if loops == "compiled" or (loops == "auto" and can_compile(network)):
        return _groups(network, data, spec, settings, divide(network, points, threads), compiled=True)
    room = GROUP_BYTES if network.parameters.device.type == "cpu" else DEVICE_BYTES
    while True:
        division = divide_for_tensors(network, points, room, threads)
        try:
            return _groups(network, data, spec, settings, division, compiled=False)
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


def _groups(
    network: Network, data: Data, spec: FitSpecification, settings: MemberSettings, division: Division,
    *, compiled: bool,
) -> list[Group]:  # fmt: skip
    groups = []
    for first in range(0, network.members, division.members):
        members = slice(first, min(first + division.members, network.members))
        own = settings.of(members)
        inner: CompiledStepper | TensorStepper = (
            CompiledStepper(network, members, data, spec, own, division.threads)
            if compiled
            else TensorStepper(network, members, data, spec, own, division.chunk)
        )
        if spec.on_the_manifold and isinstance(inner, CompiledStepper):
            groups.append(Group(first, StagedStepper(network, members, data, spec, own, inner)))
        elif not spec.method.takes("lr"):
            groups.append(
                Group(first, SecondOrderStepper(spec.optimizer, network, members, data, own, inner))
            )
        else:
            groups.append(Group(first, inner))
    return groups
