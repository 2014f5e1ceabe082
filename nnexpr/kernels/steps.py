"""One update of one member, compiled: what a first-order optimiser is to the loops of ``epochs.py``.

Adam (Kingma and Ba 2015) and SGD with momentum, with the steps of ``torch.optim``:

    Adam: m += (1 - b1)(g - m), v += (1 - b2)(g^2 - v), p -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + 1e-8)
    SGD:  v = momentum v + g, p -= lr v

A step changes ``parameters[p0 : p0 + count]`` and the same places of every row of ``moments: (moments, members * P)``,
from ``gradient[g0 : g0 + count]``; ``number``: of the update, from 1. Which there are ``nnexpr/optimizers.py`` says.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import Numbers, compiled_loosely, inlined

__all__ = ["BETA_1", "BETA_2", "EPSILON", "adam", "adam_exactly", "descend"]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def _adam(
    parameters: Numbers, p0: int, gradient: Numbers, g0: int, moments: Numbers, count: int,
    rate: float, number: int, momentum: float,
) -> None:  # fmt: skip
    kind = parameters.dtype.type
    size, root = kind(rate / (1.0 - BETA_1**number)), kind(np.sqrt(1.0 - BETA_2**number))
    b1, b2, eps = kind(1.0 - BETA_1), kind(1.0 - BETA_2), kind(EPSILON)
    p, m, v = parameters[p0 : p0 + count], moments[0, p0 : p0 + count], moments[1, p0 : p0 + count]
    for i in range(count):
        g = gradient[g0 + i]
        m[i] += b1 * (g - m[i])
        v[i] += b2 * (g * g - v[i])
        p[i] -= size * m[i] / (np.sqrt(v[i]) / root + eps)


adam = compiled_loosely(_adam)
adam_exactly = inlined(_adam)  # nothing fused: the peaks and scales of manifold.py


@compiled_loosely
def descend(
    parameters: Numbers, p0: int, gradient: Numbers, g0: int, moments: Numbers, count: int,
    rate: float, number: int, momentum: float,
) -> None:  # fmt: skip
    """SGD with momentum."""
    kind = parameters.dtype.type
    size, keep = kind(rate), kind(momentum)
    p, v = parameters[p0 : p0 + count], moments[0, p0 : p0 + count]
    for i in range(count):
        v[i] = keep * v[i] + gradient[g0 + i]
        p[i] -= size * v[i]
