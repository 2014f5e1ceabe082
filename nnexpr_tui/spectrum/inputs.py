"""What a least-squares fit is asked of a target of one input or of two: pure functions of specifications."""

from __future__ import annotations

from typing import Any

from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.specification import LstsqSpecification
from nnexpr_tui.adjust import stepped

__all__ = ["first_specification", "of_target", "step_in_the_plane", "with_inputs"]

TARGET = ("target", "domain", "noise", "missing", "terms", "target_seed")
# Of a formula, to begin with: as many as a fit on some hundred knots is factored with while a key is answered
SAMPLES = {1: 1000, 2: 2500}


def first_specification(fit: Any, inputs: int) -> LstsqSpecification:
    """Of the target that is trained on, with its noise; svd, so that there is a cut-off to be moved."""
    options = {name: getattr(fit, name) for name in TARGET}
    return LstsqSpecification.make(**options, samples=SAMPLES[inputs], basis="relu", solver="svd")


def of_target(specification: LstsqSpecification, fit: Any) -> LstsqSpecification:
    """The same of another target, the one that is trained on."""
    return specification.replace(**{name: getattr(fit, name) for name in TARGET})


def with_inputs(specification: LstsqSpecification, inputs: int) -> LstsqSpecification:
    """What means something for so many inputs, the rest as it was."""
    changes: dict[str, Any] = {}
    if specification.samples == SAMPLES[3 - inputs]:
        changes["samples"] = SAMPLES[inputs]
    if inputs == 2:
        basis = specification.basis if BASES[specification.basis].plane else "relu"
        changes["basis"] = basis
        if specification.biases not in _placements(basis):
            changes["biases"] = "uniform"
        if _lacks(basis, specification.solver):
            changes["solver"] = None
    return specification.replace(**changes)


def step_in_the_plane(specification: LstsqSpecification, name: str, direction: int) -> LstsqSpecification:
    """One step of an option, past what means nothing in the plane."""
    found = stepped(specification, name, direction)
    while (name == "basis" and not BASES[found.basis].plane) or (
        name == "biases" and found.biases not in _placements(found.basis)
    ):
        found = stepped(found, name, direction)
    return with_inputs(found, 2)


def _placements(basis: str) -> tuple[str, ...]:
    return BASES[basis].in_the_plane.placements


def _lacks(basis: str, solver: str | None) -> bool:
    from nnexpr.linear.bases.base import PiecewiseLinear

    way = SOLVERS.get(solver or "")
    return way is not None and not way.dense and not issubclass(BASES[basis].in_the_plane, PiecewiseLinear)
