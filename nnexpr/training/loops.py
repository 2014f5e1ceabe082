"""The two ways through a network's points: compiled loops on the processor, batched products of tensors anywhere."""

from __future__ import annotations

from typing import Literal

from nnexpr.activations import ACTIVATIONS
from nnexpr.specification import InputError
from nnexpr.training.compiled_stepper import CompiledEvaluator, CompiledStepper
from nnexpr.training.group import Division
from nnexpr.training.stepper import Evaluator, Job, Stepper
from nnexpr.training.tensor_stepper import TensorEvaluator, TensorStepper

__all__ = ["Loops", "evaluator", "first_order", "is_compiled"]

Loops = Literal["auto", "compiled", "tensors"]


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
