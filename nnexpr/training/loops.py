"""The two ways through a network's points: compiled loops on the processor, batched products of tensors anywhere."""

from __future__ import annotations

from typing import Literal

from nnexpr.kernels.epochs import CODES as COMPILED_STEPS
from nnexpr.kernels.units import CODES
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.compiled_stepper import CompiledEvaluator, CompiledStepper
from nnexpr.training.group import Division
from nnexpr.training.stepper import Evaluator, Job, Stepper
from nnexpr.training.tensor_stepper import TensorEvaluator, TensorStepper

__all__ = ["Loops", "evaluator", "first_order", "is_compiled"]

Loops = Literal["auto", "compiled", "tensors"]


def is_compiled(job: Job, loops: Loops) -> bool:
    """Whether the compiled loops train it: unless told, where they know device, activations and optimiser.

    Raises InputError where they are wanted and do not know the optimiser or an activation.
    """
    unknown = [] if _has_compiled_step(job.specification) else [("optimizer", job.specification.optimizer)]
    unknown += [
        ("activation", each.activation) for each in job.network.layers if each.activation not in CODES
    ]
    if loops == "compiled" and unknown:
        raise InputError(*unknown[0], "it has no compiled step; train with it in loops of tensors")
    on_processor = job.network.parameters.device.type == "cpu"
    return loops == "compiled" or (loops == "auto" and not unknown and on_processor)


def _has_compiled_step(spec: FitSpecification) -> bool:
    """Or takes none."""
    return not spec.method.step or spec.method.compiled in COMPILED_STEPS


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
