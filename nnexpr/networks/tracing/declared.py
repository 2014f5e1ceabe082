"""The table of operators, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnexpr.networks.graph.draft import Draft, Signal

__all__ = ["OPERATORS", "Given", "Operator", "as_signal", "axes_of", "declare", "depends"]

Given = Mapping[str, Any]
Operator = Callable[[Draft, Given], Signal]
OPERATORS: dict[str, Operator] = {}


def declare(*names: str) -> Callable[[Operator], Operator]:
    """A function is one or several operators of these names."""

    def declared(operator: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, operator))
        return operator

    return declared


def depends(*values: Any) -> bool:
    """Whether one of the arguments depends on the input."""
    return any(isinstance(value, Signal) for value in values)


def as_signal(draft: Draft, value: Any) -> Signal:
    """An argument that may be a constant."""
    return value if isinstance(value, Signal) else draft.constant(value)


def axes_of(given: Given) -> tuple[Sequence[int], bool]:
    """Over which axes, and whether they stay."""
    axes = given.get("dim")
    axes = [axes] if isinstance(axes, int) else axes
    return axes or range(len(given["self"].shape)), bool(given.get("keepdim", False))
