"""The exponential, sine and normal distribution of one number, in steps that a loop over them turns into vectors.

Both precisions share the code; remainders are below a quarter of a digit in float64.

* ``e^x = 2^k e^r`` with ``|r| <= ln(2) / 2`` and a Taylor polynomial of degree 13 for ``e^r - 1``.
* ``sin x = (-1)^k sin r`` with ``r = x - k pi``, ``|r| <= pi / 2``, pi in parts that sum to it beyond the precision,
  and a Taylor polynomial of degree 21; ``cos x`` in the same way about the odd multiples of pi / 2. Good to ``|x|`` of
  some 10^5.
* ``Phi(z) = erfc(-z / sqrt(2)) / 2`` with ``erfc(u) = t e^{-u^2 + P(t)}``, ``t = 2 / (2 + u)`` for u >= 0, where P is
  interpolated in Chebyshev points (the form of Press et al., Numerical Recipes, section 6.2.2).

Arithmetic is in the order written, with fused products named, because reductions live on exact cancellation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import erfcx

from nnexpr.kernels.compiled import inlined
from nnexpr.kernels.vectors import Emitter, emitted

__all__ = ["constant", "cosine", "density", "exponential", "exponential_less_one", "normal", "sine"]

LOG2_E = 1.0 / math.log(2.0)
LN2_HIGH = 0.693145751953125  # in so few digits that its multiples are exact in float32 as well
LN2_LOW = math.log(2.0) - LN2_HIGH
PI = (math.pi, 1.2246467991473532e-16, 0.0)  # in float64; the second is what the first lacks
_PI_32 = float(np.float32(math.pi))
_PI_32_LOW = float(np.float32(math.pi - _PI_32))
PI_32 = (_PI_32, _PI_32_LOW, math.pi - _PI_32 - _PI_32_LOW)
EXPONENTIAL = tuple(1.0 / math.factorial(k) for k in range(13, 0, -1))
SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(10, -1, -1))
ROOT_HALF = math.sqrt(0.5)
DENSITY_0 = 1.0 / math.sqrt(2.0 * math.pi)


def _tail(s: Any) -> Any:
    """log(erfcx(u) / t) at s = 2 t - 1."""
    t = (s + 1.0) / 2.0
    return np.log(erfcx(2.0 / t - 2.0) / t)


TAIL = tuple(float(c) for c in Chebyshev.interpolate(_tail, 27).convert(kind=Polynomial).coef[::-1])


@emitted()
def either(emit: Emitter, like: Any, single: Any, double: Any) -> Any:
    """A number in the type of ``like``: ``single`` in float32, ``double`` in float64."""
    return emit.builder.fptrunc(single, emit.element) if emit.bytes == 4 else double


@inlined
def constant(like: Any, value: Any) -> Any:
    """A number in the type of ``like``."""
    return either(like, value, value)


@emitted()
def _fma(emit: Emitter, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""
    return emit.builder.fma(a, b, c)


@emitted()
def _power_of_two(emit: Emitter, k: Any) -> Any:
    """2^k for a whole number k whose power is a normal number."""
    bias, digits = (127, 23) if emit.bytes == 4 else (1023, 52)
    integer = ir.IntType(8 * emit.bytes)
    biased = emit.builder.add(emit.builder.fptosi(k, integer), ir.Constant(integer, bias))
    return emit.builder.bitcast(emit.builder.shl(biased, ir.Constant(integer, digits)), emit.element)


def _polynomial(coefficients: tuple[float, ...]) -> Any:
    """The polynomial with these coefficients, highest first, by Horner's rule."""

    @emitted()
    def evaluate(emit: Emitter, x: Any) -> Any:
        total, *others = (ir.Constant(emit.element, coefficient) for coefficient in coefficients)
        for coefficient in others:
            total = emit.builder.fma(total, x, coefficient)
        return total

    return evaluate


_exponential_series, _sine_series, _tail_series = map(_polynomial, (EXPONENTIAL, SINE, TAIL))


@inlined
def _reduced(x: Any) -> Any:
    """``(2^i, 2^j, e^r - 1)`` with ``e^x = 2^i 2^j e^r``; NaN stays NaN."""
    lowest, highest = either(x, -104.0, -746.0), either(x, 89.0, 710.0)
    x = lowest if x < lowest else x
    x = highest if x > highest else x
    k = np.floor(_fma(x, constant(x, LOG2_E), constant(x, 0.5)))
    r = _fma(-k, constant(x, LN2_LOW), _fma(-k, constant(x, LN2_HIGH), x))
    half = np.floor(k * constant(x, 0.5))
    return _power_of_two(half), _power_of_two(k - half), _exponential_series(r) * r


@inlined
def exponential(x: Any) -> Any:
    """e^x."""
    first, second, less_one = _reduced(x)
    return (less_one + constant(x, 1.0)) * first * second


@inlined
def exponential_less_one(x: Any) -> Any:
    """e^x - 1 for x up to 88, every digit of it."""
    first, second, less_one = _reduced(x)
    scale = first * second
    return _fma(scale, less_one, scale - constant(x, 1.0))


@inlined
def _sine_of(x: Any, k: Any) -> Any:
    """sin(x - k pi)."""
    r = _fma(-k, either(x, PI_32[0], PI[0]), x)
    r = _fma(-k, either(x, PI_32[1], PI[1]), r)
    r = _fma(-k, either(x, PI_32[2], PI[2]), r)
    return _sine_series(r * r) * r


@inlined
def _sign(k: Any) -> Any:
    """(-1)^k for a whole number k."""
    return constant(k, 1.0) - constant(k, 2.0) * (k - constant(k, 2.0) * np.floor(k * constant(k, 0.5)))


@inlined
def sine(x: Any) -> Any:
    """sin x."""
    k = np.floor(_fma(x, constant(x, 1.0 / math.pi), constant(x, 0.5)))
    return _sign(k) * _sine_of(x, k)


@inlined
def cosine(x: Any) -> Any:
    """cos x = -(-1)^k sin(x - (k + 1/2) pi)."""
    k = np.floor(x * constant(x, 1.0 / math.pi))
    return -_sign(k) * _sine_of(x, k + constant(x, 0.5))


@inlined
def normal(z: Any) -> Any:
    """Phi(z), the probability that a standard normal number is below z."""
    u = abs(z) * constant(z, ROOT_HALF)
    t = constant(z, 2.0) / (constant(z, 2.0) + u)
    upper = constant(z, 0.5) * t * exponential(_tail_series(constant(z, 2.0) * t - constant(z, 1.0)) - u * u)
    return constant(z, 1.0) - upper if z > constant(z, 0.0) else upper


@inlined
def density(z: Any) -> Any:
    """The standard normal density, e^{-z^2 / 2} / sqrt(2 pi)."""
    return constant(z, DENSITY_0) * exponential(constant(z, -0.5) * z * z)
