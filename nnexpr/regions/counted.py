"""What is told of a member beside its pieces, on the line and in the plane."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Counted"]


@dataclass(frozen=True, eq=False)
class Counted:
    """``dead_units``: (layer from 1, unit from 0), those on one flat piece of their activation throughout.

    ``collapsed``: the output is constant, within its rounding.
    """

    dead_units: tuple[tuple[int, int], ...]
    collapsed: bool
