"""Round limits, limits that hold, and ticks.

The numbers on an axis are multiples of a step of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
labels", Graphics Gems, 1990); on a logarithmic axis they are 1, 2 and 5 times powers of ten. Every multiple is
read from its decimal spelling, so it is the nearest float to the number its label says. Pure Python, O(ticks).

Limits on a logarithmic axis are exponents of ten throughout: an axis from 1e-3 to 1 has the limits (-3, 0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal

__all__ = [
    "LARGEST",
    "LimitKeeper",
    "Limits",
    "Tick",
    "linear_ticks",
    "log_ticks",
    "snap",
    "snap_log",
    "usable",
]

Limits = tuple[float, float]

LARGEST = 1e300  # values beyond are drawn at this one: differences of two such still are floats
SMALLEST_SPAN = 1e-300
RELATIVE_SPAN = 1e-9  # narrower data are drawn as flat: labels would need more than ten digits
INTERVALS = 8  # of 4 to 10 tried, fewer leave up to half the canvas empty, more change limits too often
LABEL = 7  # cells a label may take before powers of ten are preferred
ROUNDING = 1e-9  # of a step
LOG_GRID = (0.0, math.log10(2.0), math.log10(5.0))


@dataclass(frozen=True)
class Tick:
    """A position on the axis and its label (digits, sign, point and exponent only)."""

    position: float
    label: str


@dataclass(frozen=True)
class _Step:
    """``mantissa * 10**exponent``, with mantissa 1, 2 or 5."""

    mantissa: int
    exponent: int

    @property
    def size(self) -> float:
        return self.times(1)

    def times(self, count: int) -> float:
        return float(f"{count * self.mantissa}e{self.exponent}")

    def index(self, value: float, up: bool) -> int:
        """The multiple at or beyond ``value``, or the one that rounding has moved it away from."""
        quotient = value / self.size
        nearest = round(quotient)
        if abs(quotient - nearest) <= ROUNDING:
            return nearest
        return math.ceil(quotient) if up else math.floor(quotient)


def _nice_step(span: float, intervals: int) -> _Step:
    """The smallest nice step of which ``intervals`` cover ``span``."""
    raw = span / intervals
    exponent = math.floor(math.log10(raw))
    fraction = raw / 10.0**exponent
    for mantissa in (1, 2, 5):
        if fraction <= mantissa * (1 + ROUNDING):
            return _Step(mantissa, exponent)
    return _Step(1, exponent + 1)


def usable(limits: Limits) -> bool:
    """Whether these are limits an axis can have: finite, in order, and further apart than floats are fine."""
    low, high = limits
    return -LARGEST <= low < high <= LARGEST and _widened(low, high) == (low, high)


def _widened(low: float, high: float) -> Limits:
    """The interval within ±:data:`LARGEST`, made wide where it is (as good as) a single value."""
    low, high = max(low, -LARGEST), min(high, LARGEST)
    low, high = min(low, LARGEST), max(high, -LARGEST)
    size = max(abs(low), abs(high))
    if high - low > max(RELATIVE_SPAN * size, SMALLEST_SPAN):
        return low, high
    if size <= SMALLEST_SPAN:
        return -1.0, 1.0
    return max(low - 0.5 * size, -LARGEST), min(high + 0.5 * size, LARGEST)


def snap(low: float, high: float) -> Limits:
    """The nearest round limits around ``low <= high``; never of zero height."""
    low, high = _widened(low, high)
    step = _nice_step(high - low, INTERVALS)
    return step.times(step.index(low, up=False)), step.times(step.index(high, up=True))


def snap_log(low: float, high: float) -> Limits:
    """As :func:`snap` for exponents: the nearest of 1, 2, 5 times powers of ten around them."""
    first, last = _log_index(low, up=False), _log_index(high, up=True)
    if first == last:
        first, last = first - 1, last + 1
    return _log_value(first), _log_value(last)


def _log_value(index: int) -> float:
    return index // 3 + LOG_GRID[index % 3]


def _log_index(exponent: float, up: bool) -> int:
    decade = math.floor(exponent)
    candidates = range(3 * decade - 1, 3 * decade + 5)
    if up:
        return next(i for i in candidates if _log_value(i) >= exponent - ROUNDING)
    return next(i for i in reversed(candidates) if _log_value(i) <= exponent + ROUNDING)


def linear_ticks(limits: Limits, most: int) -> tuple[Tick, ...]:
    """About ``most`` multiples of a nice step within the limits, never fewer than two."""
    low, high = limits
    # With five intervals the step is at most half the span, which has two multiples in it.
    for intervals in (max(most - 1, 1), 5):
        step = _nice_step(high - low, intervals)
        first, last = step.index(low, up=True), step.index(high, up=False)
        if first < last:
            break
    exact = [Decimal(k * step.mantissa).scaleb(step.exponent) for k in range(first, last + 1)]
    fixed = [f"{number:f}" if number else "0" for number in exact]
    powers = [f"{number.normalize():e}".replace("e+", "e") if number else "0" for number in exact]
    shortest = fixed if max(map(len, fixed)) <= max(LABEL, *map(len, powers)) else powers
    return tuple(Tick(float(number), label) for number, label in zip(exact, shortest, strict=True))


def log_ticks(limits: Limits, most: int) -> tuple[Tick, ...]:
    """Ticks on an axis of exponents: 1, 2, 5 times powers of ten, or powers of ten, or every so many of them.

    Never fewer than two, for one number says nothing of the scale: an axis that holds less is labelled at the first and
    the last of 1, 2, 5 times powers of ten, or evenly.
    """
    first, last = _log_index(limits[0], up=True), _log_index(limits[1], up=False)
    if first >= last:
        even = linear_ticks((10.0 ** limits[0], 10.0 ** limits[1]), most)
        return tuple(Tick(math.log10(tick.position), tick.label) for tick in even)
    shown = range(first, last + 1)
    if len(shown) > most:
        low, high = math.ceil(limits[0] - ROUNDING), math.floor(limits[1] + ROUNDING)
        strides = (m * 10**e for e in range(4) for m in (1, 2, 5))
        stride = next(s for s in strides if high // s - -(-low // s) < most)
        powers = range(-(-low // stride) * 3 * stride, 3 * high + 1, 3 * stride)
        shown = powers if len(powers) > 1 else range(first, last + 1, last - first)
    steps = [(_log_value(i), (1, 2, 5)[i % 3], i // 3) for i in shown]
    plain = all(-2 <= power <= 3 for _, _, power in steps)
    labels = [f"{m * 10.0**p:g}" if plain or (m, p) == (1, 0) else f"{m}e{p}" for _, m, p in steps]
    return tuple(Tick(step[0], label) for step, label in zip(steps, labels, strict=True))


@dataclass
class LimitKeeper:
    """Keeps the limits of a chart from one frame to the next, so that its rows repeat.

    New limits are taken only when the data leave the old ones, or when limits fitted anew would be less than half as
    wide. One keeper belongs to one chart and to one thread at a time.
    """

    kept: dict[str, tuple[bool, Limits]] = field(default_factory=dict)

    def hold(self, axis: str, low: float, high: float, log: bool = False) -> Limits:
        """The limits of ``axis`` for data from ``low`` to ``high`` (exponents if ``log``)."""
        fitted = snap_log(low, high) if log else snap(low, high)
        was_log, (kept_low, kept_high) = self.kept.get(axis, (not log, fitted))
        tolerance = ROUNDING * (kept_high - kept_low)
        fits = kept_low - tolerance <= max(low, -LARGEST) and min(high, LARGEST) <= kept_high + tolerance
        if was_log == log and fits and fitted[1] - fitted[0] >= 0.5 * (kept_high - kept_low):
            return kept_low, kept_high
        self.kept[axis] = (log, fitted)
        return fitted

    def reset(self) -> None:
        """Forget the limits: the next frame fits its data."""
        self.kept.clear()
