"""The activations for the processor's loops: of one number each, ``(value(z), pull_back(g, kept))``.

    relu2(z) = max(0, z)^2
    tanh(z) = sign(z) m / (m + 2) with m = e^{2|z|} - 1      sigmoid(z) = 1 / (1 + e^{-z})
    elu(z)  = e^z - 1 for z < 0, else z                      gelu(z)    = z Phi(z)

``pull_back`` is the gradient times the derivative, which it takes from what the activation keeps. NaN stays NaN in
each, because that is how a member that diverges is found. A number written down goes through ``constant``, so that
float32 stays float32. Which there are ``nnexpr/activations.py`` says; the loops over one are compiled when it is first
trained.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from nnexpr.activations import LEAKY_SLOPE
from nnexpr.declarations import Home, load
from nnexpr.kernels.compiled import Numbers, address_of, compiled, inlined
from nnexpr.kernels.functions import (
    constant,
    cosine,
    density,
    exponential,
    exponential_less_one,
    normal,
    sine,
)

__all__ = [
    "ELU",
    "GELU",
    "HARDTANH",
    "HAT",
    "IDENTITY",
    "LEAKY_RELU",
    "RELU",
    "RELU_SQUARED",
    "SIGMOID",
    "SINE",
    "TANH",
    "addresses",
    "loops",
]

SATURATED = 20.0  # tanh is 1 from here on, in either precision


def _tanh(z: Any) -> Any:
    size, most = abs(z), constant(z, SATURATED)
    m = exponential_less_one(constant(z, 2.0) * (most if size > most else size))
    value = m / (m + constant(z, 2.0))
    return -value if z < 0 else value


def _hat(z: Any) -> Any:
    height = constant(z, 1.0) - abs(z - constant(z, 1.0))
    return constant(z, 0.0) if height < 0 else height


def _pull_back_hat(g: Any, z: Any) -> Any:
    one, zero = constant(g, 1.0), constant(g, 0.0)
    slope = (one if z < 1 else (zero if z == 1 else -one)) * g
    return slope if (z > 0 and z < 2) else zero


def _hardtanh(z: Any) -> Any:
    one = constant(z, 1.0)
    low = -one if z < -1 else z
    return one if low > 1 else low


RELU = (
    lambda z: constant(z, 0.0) if z < 0 else z,
    lambda g, a: g if a > 0 else constant(g, 0.0),
)
RELU_SQUARED = (
    lambda z: constant(z, 0.0) if z < 0 else z * z,
    lambda g, z: g * (z + z) if z > 0 else constant(g, 0.0),
)
LEAKY_RELU = (
    lambda z: constant(z, LEAKY_SLOPE) * z if z < 0 else z,
    lambda g, a: g * (constant(g, 1.0) if a > 0 else constant(g, LEAKY_SLOPE)),
)
ELU = (
    lambda z: z if z > 0 else exponential_less_one(constant(z, 0.0) if z > 0 else z),
    lambda g, a: g * (constant(g, 1.0) if a > 0 else a + constant(g, 1.0)),
)
SIGMOID = (
    lambda z: constant(z, 1.0) / (constant(z, 1.0) + exponential(-z)),
    lambda g, a: g * (a * (constant(g, 1.0) - a)),
)
TANH = _tanh, lambda g, a: g * (constant(g, 1.0) - a * a)
SINE = lambda z: sine(z), lambda g, z: g * cosine(z)
GELU = lambda z: z * normal(z), lambda g, z: g * (normal(z) + z * density(z))
HAT = _hat, _pull_back_hat
HARDTANH = _hardtanh, lambda g, a: g if abs(a) < 1 else constant(g, 0.0)
IDENTITY = ()  # nothing to be done


@cache
def loops(home: Home) -> tuple[Callable[..., None], ...]:
    """``(activate, pull_back)`` over stretches of flat arrays, compiled; none where nothing is to be done.

    ``activate(z, z0, out0, count)``: ``z[out0 + i] = value(z[z0 + i])`` for i below count; ``out0`` may be ``z0``.
    ``pull_back(d, d0, kept, kept0, count)``: ``d[d0 + i] = pull_back(d[d0 + i], kept[kept0 + i])``.
    """
    pair = load(home)
    if not pair:
        return ()
    value, slope = map(inlined, pair)

    def activate(z: Numbers, z0: int, out0: int, count: int) -> None:
        x, y = z[z0 : z0 + count], z[out0 : out0 + count]
        for i in range(count):
            y[i] = value(x[i])

    def pull_back(d: Numbers, d0: int, kept: Numbers, kept0: int, count: int) -> None:
        g, a = d[d0 : d0 + count], kept[kept0 : kept0 + count]
        for i in range(count):
            g[i] = slope(g[i], a[i])

    for loop in (activate, pull_back):
        loop.__qualname__ = f"{loop.__name__}.{home.replace(':', '.')}"
    return compiled(activate), compiled(pull_back)


def addresses(home: Home, numbers: Numbers) -> tuple[int, int]:
    """Of both for arrays such as this, to be called through; 0 where nothing is to be done."""
    if not (pair := loops(home)):
        return 0, 0
    activate, pull_back = pair
    return address_of(activate, numbers, 0, 0, 0), address_of(pull_back, numbers, 0, numbers, 0, 0)
