"""Whole epochs of one member after another: gradient, optimiser, next. Nothing is allocated.

A member's loss and gradient are sums over its points, a block of them at a time (``passes.py``). What an update is the
optimiser's declaration says (``nnexpr/optimizers.py``, ``steps.py``), what an activation is the plan.
"""

from __future__ import annotations

from typing import NamedTuple

from nnexpr.kernels.compiled import Index, Numbers, call, compiled
from nnexpr.kernels.passes import OUTPUT_ROWS, Plan, add_gradient, forward, residual, take

__all__ = [
    "Batches", "Members", "Points", "Room", "Rule", "gradient_sum", "losses_at", "predictions_at", "shuffle",
    "train", "update",
]  # fmt: skip


class Points(NamedTuple):
    """What is approximated, where."""

    features: Numbers  # (inputs, points)
    values: Numbers  # (points,)


class Batches(NamedTuple):
    """How an epoch is divided into updates: ``size`` points each, the last may have fewer."""

    size: int
    shuffled: bool
    orders: Index  # (epochs, points) where shuffled; not read otherwise


class Rule(NamedTuple):
    """How an update is made."""

    step: int  # the address of the optimiser's
    momentum: float
    masked: bool
    masks: Numbers  # (members, P), what gradients are multiplied with; not read unless masked


class Members(NamedTuple):
    """Who is trained: P parameters of each, and what the optimiser remembers of them."""

    parameters: Numbers  # (members * P,)
    moments: Numbers  # (moments, members * P)
    scales: Numbers  # (members,) float64: multiply the learning rate


class Room(NamedTuple):
    """What one thread writes to."""

    workspace: Numbers
    gradient: Numbers  # (P,)
    shuffled: Points  # as many as there are, where batches are shuffled


@compiled
def gradient_sum(
    plan: Plan, parameters: Numbers, p0: int, points: Points, first: int, last: int, batch: int,
    workspace: Numbers, gradient: Numbers,
) -> float:  # fmt: skip
    """Add the gradient of a mean over ``batch`` points, those ``first .. last`` of it; the sum of squares of these."""
    total, scale = 0.0, workspace.dtype.type(2.0 / batch)
    for start in range(first, last, plan.stride):
        count = min(plan.stride, last - start)
        filled = take(plan, workspace, points.features, start, count)
        forward(plan, parameters, p0, workspace, filled)
        total += residual(plan, workspace, count, filled, points.values, start, scale)
        add_gradient(plan, parameters, p0, workspace, filled, gradient)
    return total


@compiled
def _mean_square(plan: Plan, parameters: Numbers, p0: int, points: Points, workspace: Numbers) -> float:
    """The mean of the squared residuals."""
    total, n = 0.0, points.values.size
    for start in range(0, n, plan.stride):
        count = min(plan.stride, n - start)
        filled = take(plan, workspace, points.features, start, count)
        forward(plan, parameters, p0, workspace, filled)
        total += residual(plan, workspace, count, filled, points.values, start, workspace.dtype.type(0.0))
    return total / n


@compiled
def losses_at(plan: Plan, parameters: Numbers, points: Points, workspace: Numbers, out: Numbers) -> None:
    """Mean squared errors of all members to ``out: (members,)``; ``parameters: (members, P)``, flat."""
    size = parameters.size // out.size
    for member in range(out.size):
        out[member] = _mean_square(plan, parameters, member * size, points, workspace)


@compiled
def predictions_at(
    plan: Plan, parameters: Numbers, features: Numbers, workspace: Numbers, out: Numbers
) -> None:
    """The first output of all members at ``features: (inputs, points)``, to ``out: (members, points)``."""
    members, n = out.shape
    result = plan.layers[plan.layers.shape[0] - 1, OUTPUT_ROWS]
    for member in range(members):
        for start in range(0, n, plan.stride):
            count = min(plan.stride, n - start)
            filled = take(plan, workspace, features, start, count)
            forward(plan, parameters, member * (parameters.size // members), workspace, filled)
            for p in range(count):
                out[member, start + p] = workspace[result + p]


@compiled
def shuffle(points: Points, order: Index, out: Points) -> None:
    """The points in the given order."""
    for row in range(points.features.shape[0]):
        for p in range(order.size):
            out.features[row, p] = points.features[row, order[p]]
    for p in range(order.size):
        out.values[p] = points.values[order[p]]


@compiled
def update(
    plan: Plan, rule: Rule, members: Members, member: int, gradient: Numbers, rate: float, number: int
) -> None:
    """One step of one member over its trained spans; ``number``: of the step, from 1."""
    p0 = member * gradient.size
    for s in range(plan.spans.shape[0]):
        first, count = plan.spans[s, 0], plan.spans[s, 1] - plan.spans[s, 0]
        if rule.masked:
            for i in range(first, first + count):
                gradient[i] *= rule.masks[member, i]
        call(rule.step, (
            members.parameters, p0 + first, gradient, first, members.moments, count,
            rate * members.scales[member], number, rule.momentum,
        ))  # fmt: skip


@compiled
def train(
    plan: Plan, points: Points, batches: Batches, rule: Rule, members: Members, rates: Numbers, updates: int,
    room: Room, losses: Numbers,
) -> None:  # fmt: skip
    """``rates.size`` epochs of every member; ``losses[k, member]`` is before epoch k. ``updates``: made before."""
    n, workspace, gradient = points.values.size, room.workspace, room.gradient
    for member in range(members.scales.size):
        p0, number, seen = member * gradient.size, updates, points
        for epoch in range(rates.size):
            if batches.shuffled:
                losses[epoch, member] = _mean_square(plan, members.parameters, p0, points, workspace)
                seen = room.shuffled
                shuffle(points, batches.orders[epoch], seen)
            for first in range(0, n, batches.size):
                last = min(first + batches.size, n)
                gradient[:] = 0.0
                total = gradient_sum(
                    plan, members.parameters, p0, seen, first, last, last - first, workspace, gradient
                )
                if not batches.shuffled:
                    losses[epoch, member] = total / n
                number += 1
                update(plan, rule, members, member, gradient, rates[epoch], number)
