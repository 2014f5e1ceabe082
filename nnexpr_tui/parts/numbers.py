"""How numbers are written everywhere in the explorer."""

from __future__ import annotations

import math

__all__ = ["compact", "count", "member_of", "number"]


def number(value: float | None, digits: int = 3) -> str:
    """A measured value; ``n/a`` where there is none and its name where it is not finite."""
    if value is None:
        return "n/a"
    if not math.isfinite(value):
        return "not finite"
    if value == 0 or 1e-3 <= abs(value) < 1000:
        short = f"{value:.{digits}g}"
        return f"{value:,.0f}" if "e" in short else short  # 537 to two digits, 999.7 to three
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.{digits - 1}e}"


def count(value: int | None) -> str:
    """A whole number with its thousands apart; a power of ten where it is beyond reading."""
    if value is None:
        return "n/a"
    if abs(value) < 10**12:
        return f"{value:,}"
    return f"about 1e{len(str(value)) - 1}"


def member_of(member: int, members: int) -> str:
    """A member by its number, which begins at 0 as in JSON, in files and in Python: ``3 (0-29)``."""
    return f"{member} (0-{members - 1})"


def compact(value: float) -> str:
    """In at most five characters: 950, 12.3k, 4.5M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"
