"""Whole epochs of one member after another: gradient, optimiser, next. Nothing is allocated.

Adam (Kingma and Ba 2015) and SGD with momentum, with the steps of ``torch.optim``:

    Adam: m += (1 - b1)(g - m), v += (1 - b2)(g^2 - v), p -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + 1e-8)
    SGD:  v = momentum v + g, p -= lr v
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.kernels.passes import INPUT_ROWS, INPUTS, OUTPUT_ROWS, add_gradient, forward, residual
from nnexpr.kernels.types import Index, Numbers

__all__ = ["ADAM", "SGD", "gradient_sum", "predict", "square_sum", "train"]

ADAM, SGD = 0, 1
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


@compiled
def _gather(
    plan: Index,
    workspace: Numbers,
    stride: int,
    filled: int,
    features: Numbers,
    order: Index,
    first: int,
    points: int,
) -> None:
    """A block's features, ``order[first + p]`` or without order ``first + p``, into the first layer's input rows."""
    for row in range(plan[0, INPUTS]):
        at = plan[0, INPUT_ROWS] + row * stride
        if order.size:
            for p in range(points):
                workspace[at + p] = features[row, order[first + p]]
        else:
            for p in range(points):
                workspace[at + p] = features[row, first + p]
        for p in range(points, filled):
            workspace[at + p] = 0.0


@compiled
def _values(values: Numbers, order: Index, first: int, points: int, out: Numbers, out0: int) -> None:
    for p in range(points):
        out[out0 + p] = values[order[first + p]] if order.size else values[first + p]


@compiled
def gradient_sum(
    plan: Index,
    rooms: Index,
    lowest: int,
    parameters: Numbers,
    p0: int,
    workspace: Numbers,
    features: Numbers,
    values: Numbers,
    order: Index,
    first: int,
    last: int,
    scale: float,
    gradient: Numbers,
    g0: int,
) -> float:
    """Add the gradient over points ``first .. last`` to ``gradient``; the sum of squares.

    ``rooms``: (stride, lanes, deltas, more deltas, values of a block), the last three as offsets in the workspace.
    """
    stride, lanes, delta0, delta1, at = rooms[0], rooms[1], rooms[2], rooms[3], rooms[4]
    total = 0.0
    for start in range(first, last, stride):
        points = min(stride, last - start)
        filled = (points + lanes - 1) // lanes * lanes
        _gather(plan, workspace, stride, filled, features, order, start, points)
        _values(values, order, start, points, workspace, at)
        forward(plan, parameters, p0, workspace, stride, filled, lanes)
        total += residual(plan, workspace, points, filled, workspace, at, delta0, scale)
        add_gradient(
            plan, lowest, parameters, p0, workspace, stride, filled, lanes, delta0, delta1, gradient, g0
        )
    return total


@compiled
def square_sum(
    plan: Index,
    rooms: Index,
    parameters: Numbers,
    p0: int,
    workspace: Numbers,
    features: Numbers,
    values: Numbers,
) -> float:
    """The sum of squared residuals over all points."""
    stride, lanes, delta0, at = rooms[0], rooms[1], rooms[2], rooms[4]
    order = np.empty(0, np.int64)
    total = 0.0
    for start in range(0, values.size, stride):
        points = min(stride, values.size - start)
        filled = (points + lanes - 1) // lanes * lanes
        _gather(plan, workspace, stride, filled, features, order, start, points)
        _values(values, order, start, points, workspace, at)
        forward(plan, parameters, p0, workspace, stride, filled, lanes)
        total += residual(plan, workspace, points, filled, workspace, at, delta0, workspace.dtype.type(0.0))
    return total


@compiled
def predict(
    plan: Index,
    rooms: Index,
    parameters: Numbers,
    p0: int,
    workspace: Numbers,
    features: Numbers,
    out: Numbers,
) -> None:
    """The first output at every point, to ``out: (points,)``."""
    stride, lanes = rooms[0], rooms[1]
    order = np.empty(0, np.int64)
    result = plan[plan.shape[0] - 1, OUTPUT_ROWS]
    for start in range(0, out.size, stride):
        points = min(stride, out.size - start)
        filled = (points + lanes - 1) // lanes * lanes
        _gather(plan, workspace, stride, filled, features, order, start, points)
        forward(plan, parameters, p0, workspace, stride, filled, lanes)
        for p in range(points):
            out[start + p] = workspace[result + p]


@compiled_loosely
def _adam(
    parameters: Numbers,
    p0: int,
    gradient: Numbers,
    g0: int,
    mean: Numbers,
    square: Numbers,
    count: int,
    rate: float,
    step: int,
) -> None:
    kind = parameters.dtype.type
    size, root = kind(rate / (1.0 - BETA_1**step)), kind(np.sqrt(1.0 - BETA_2**step))
    b1, b2, eps = kind(1.0 - BETA_1), kind(1.0 - BETA_2), kind(EPSILON)
    p, m, v = parameters[p0 : p0 + count], mean[p0 : p0 + count], square[p0 : p0 + count]
    for i in range(count):
        g = gradient[g0 + i]
        m[i] += b1 * (g - m[i])
        v[i] += b2 * (g * g - v[i])
        p[i] -= size * m[i] / (np.sqrt(v[i]) / root + eps)


@compiled_loosely
def _descend(
    parameters: Numbers,
    p0: int,
    gradient: Numbers,
    g0: int,
    velocity: Numbers,
    count: int,
    rate: float,
    momentum: float,
) -> None:
    kind = parameters.dtype.type
    size, keep = kind(rate), kind(momentum)
    p, v = parameters[p0 : p0 + count], velocity[p0 : p0 + count]
    for i in range(count):
        v[i] = keep * v[i] + gradient[g0 + i]
        p[i] -= size * v[i]


@compiled
def update(
    optimizer: int,
    momentum: float,
    spans: Index,
    parameters: Numbers,
    p0: int,
    gradient: Numbers,
    mask: Numbers,
    mean: Numbers,
    square: Numbers,
    rate: float,
    step: int,
) -> None:
    """One step of one member over its trained spans; ``mask``: empty, or what the gradient is multiplied with."""
    for s in range(spans.shape[0]):
        first, count = spans[s, 0], spans[s, 1] - spans[s, 0]
        if mask.size:
            for i in range(count):
                gradient[first + i] *= mask[p0 + first + i]
        if optimizer == ADAM:
            _adam(parameters, p0 + first, gradient, first, mean, square, count, rate, step)
        else:
            _descend(parameters, p0 + first, gradient, first, mean, count, rate, momentum)


@compiled
def train(
    plan: Index,
    rooms: Index,
    lowest: int,
    spans: Index,
    parameters: Numbers,
    first_member: int,
    last_member: int,
    features: Numbers,
    values: Numbers,
    orders: Index,
    batch: int,
    rates: Numbers,
    scales: Numbers,
    optimizer: int,
    momentum: float,
    mean: Numbers,
    square: Numbers,
    steps: int,
    mask: Numbers,
    workspace: Numbers,
    gradient: Numbers,
    losses: Numbers,
) -> None:
    """``rates.size`` epochs of members ``first_member .. last_member``; ``losses[k, member]`` is before epoch k.

    ``parameters``, ``mean``, ``square``, ``mask``: flat ``(members * P,)``. ``orders: (epochs, points)``, or empty for
    full batches. ``scales: (members,)`` multiply the learning rates. ``steps``: updates made before.
    """
    size, n = gradient.size, values.size
    for member in range(first_member, last_member):
        p0, step = member * size, steps
        for epoch in range(rates.size):
            order = orders[epoch] if orders.shape[0] else np.empty(0, np.int64)
            if order.size:
                losses[epoch, member] = (
                    square_sum(plan, rooms, parameters, p0, workspace, features, values) / n
                )
            for first in range(0, n, batch):
                last = min(first + batch, n)
                gradient[:] = 0.0
                total = gradient_sum(
                    plan, rooms, lowest, parameters, p0, workspace, features, values, order, first, last,
                    workspace.dtype.type(2.0 / (last - first)), gradient, 0,
                )  # fmt: skip
                if not order.size:
                    losses[epoch, member] = total / n
                step += 1
                update(
                    optimizer, momentum, spans, parameters, p0, gradient, mask, mean, square,
                    rates[epoch] * scales[member], step,
                )  # fmt: skip
