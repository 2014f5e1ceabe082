"""The activations and their derivatives over a stretch of a flat array.

    tanh(z) = sign(z) m / (m + 2) with m = e^{2|z|} - 1      sigmoid(z) = 1 / (1 + e^{-z})
    elu(z)  = e^z - 1 for z < 0, else z                      gelu(z)    = z Phi(z)

NaN stays NaN in each, because that is how a member that diverges is found.
"""

from __future__ import annotations

from nnexpr.activations import LEAKY_SLOPE
from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.functions import (
    cosine,
    density,
    exponential,
    exponential_less_one,
    normal,
    sine,
)
from nnexpr.kernels.types import Numbers

__all__ = ["CODES", "activate", "pull_back"]

# The activations that have a branch below, by name; others are trained by tensors.
NAMES = ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "sine", "gelu", "hat", "hardtanh", "identity")
RELU, LEAKY_RELU, ELU, SIGMOID, TANH, SINE, GELU, HAT, HARDTANH, IDENTITY = range(10)
CODES = {name: code for code, name in enumerate(NAMES)}
SATURATED = 20.0  # tanh is 1 from here on, in either precision


@compiled
def activate(code: int, z: Numbers, z0: int, out0: int, count: int) -> None:
    """``z[out0 + i] = activation(z[z0 + i])`` for i below count; ``out0`` may be ``z0``."""
    zero, one, two = z.dtype.type(0.0), z.dtype.type(1.0), z.dtype.type(2.0)
    x, y = z[z0 : z0 + count], z[out0 : out0 + count]
    if code == RELU:
        for i in range(count):
            y[i] = zero if x[i] < zero else x[i]
    elif code == LEAKY_RELU:
        slope = z.dtype.type(LEAKY_SLOPE)
        for i in range(count):
            y[i] = slope * x[i] if x[i] < zero else x[i]
    elif code == HARDTANH:
        for i in range(count):
            low = -one if x[i] < -one else x[i]
            y[i] = one if low > one else low
    elif code == HAT:
        for i in range(count):
            height = one - abs(x[i] - one)
            y[i] = zero if height < zero else height
    elif code == ELU:
        for i in range(count):
            below = exponential_less_one(zero if x[i] > zero else x[i])
            y[i] = x[i] if x[i] > zero else below
    elif code == SIGMOID:
        for i in range(count):
            y[i] = one / (one + exponential(-x[i]))
    elif code == TANH:
        most = z.dtype.type(SATURATED)
        for i in range(count):
            size = abs(x[i])
            m = exponential_less_one(two * (most if size > most else size))
            value = m / (m + two)
            y[i] = -value if x[i] < zero else value
    elif code == SINE:
        for i in range(count):
            y[i] = sine(x[i])
    elif code == GELU:
        for i in range(count):
            y[i] = x[i] * normal(x[i])


@compiled
def pull_back(code: int, d: Numbers, d0: int, kept: Numbers, kept0: int, count: int) -> None:
    """``d[d0 + i] *= derivative``, from the output, or from the pre-activation where the activation keeps it."""
    zero, one, two = d.dtype.type(0.0), d.dtype.type(1.0), d.dtype.type(2.0)
    g, a = d[d0 : d0 + count], kept[kept0 : kept0 + count]
    if code == RELU:
        for i in range(count):
            g[i] = g[i] if a[i] > zero else zero
    elif code == LEAKY_RELU:
        slope = d.dtype.type(LEAKY_SLOPE)
        for i in range(count):
            g[i] *= one if a[i] > zero else slope
    elif code == HARDTANH:
        for i in range(count):
            g[i] = g[i] if abs(a[i]) < one else zero
    elif code == HAT:
        for i in range(count):
            slope = (one if a[i] < one else (zero if a[i] == one else -one)) * g[i]
            g[i] = slope if (a[i] > zero and a[i] < two) else zero
    elif code == ELU:
        for i in range(count):
            g[i] *= one if a[i] > zero else a[i] + one
    elif code == SIGMOID:
        for i in range(count):
            g[i] *= a[i] * (one - a[i])
    elif code == TANH:
        for i in range(count):
            g[i] *= one - a[i] * a[i]
    elif code == SINE:
        for i in range(count):
            g[i] *= cosine(a[i])
    elif code == GELU:
        for i in range(count):
            g[i] *= normal(a[i]) + a[i] * density(a[i])
