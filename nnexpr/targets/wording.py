"""Text that came from outside, made fit to be shown: in an error message, a chart's label, a table."""

from __future__ import annotations

__all__ = ["count", "is_missing", "printable", "were"]

# What programs write where there is no value, in small letters.
_MISSING = frozenset(
    {"", "-", ".", "?", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "<na>", "missing"}
)


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().lower() in _MISSING


def printable(text: str, limit: int = 80) -> str:
    """``text`` on one line without control, escape or direction signs, at most ``limit`` characters long."""
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * limit]).split())
    whole = len(text) <= 4 * limit and len(clean) <= limit
    return clean if whole else clean[: limit - 1] + "…"


def count(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``: the number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def were(number: int, one: str, many: str = "") -> str:
    """``1 row was``, ``2 rows were``."""
    return f"{count(number, one, many)} {'was' if number == 1 else 'were'}"
