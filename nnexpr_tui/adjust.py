"""One step up or down in an option, as a key press means it, and what else changes with it.

Pure functions from a specification to a specification; contradictions raise :class:`InputError` as anywhere.
"""

from __future__ import annotations

import math
from typing import Any

from nnexpr.kinds import NETWORKS
from nnexpr.optimizers import OPTIMIZERS
from nnexpr.specification import OPTIONS, FitSpecification

__all__ = ["replaced", "shown_options", "stepped", "with_depth"]

FIRST = {"batch_size": 64, "stop_loss": 1e-4, "threads": 1, "noise": 0.01}  # from nothing, one step up
BY_ONE = {"depth", "rank", "encoding_bands", "terms", "seed", "target_seed", "threads"}
ROUND = {"lr", "epochs", "noise", "stop_loss"}  # 1, 2, 5, 10, ...
SCHEDULES = ("constant", "cosine", "step:1000:0.5")


def shown_options(specification: FitSpecification, *groups: str) -> list[str]:
    """The options of these groups that mean something for this network and optimiser, in their declared order."""
    return [
        name
        for group in groups
        for name, option in OPTIONS.items()
        if option.group == group and specification.relevant(name)
    ]


def replaced(specification: FitSpecification, name: str, value: Any) -> FitSpecification:
    """The specification with another value; a new network takes its own defaults, a new target its own domain."""
    if name == "depth":
        return with_depth(specification, OPTIONS["depth"].check(value))
    if name == "target":
        return specification.replace(target=value, domain=None)
    if name == "optimizer" and not OPTIMIZERS[value].takes("batch_size"):
        return specification.replace(optimizer=value, batch_size=None)
    if name != "network" or value == specification.network:
        return specification.replace(**{name: value})
    kept = {
        other: getattr(specification, other)
        for other, option in OPTIONS.items()
        if option.group != "network" or other in ("members", "activation", "init")
    }
    return FitSpecification.make(**kept, network=value)


def with_depth(specification: FitSpecification, depth: int) -> FitSpecification:
    """Another depth; a width for each layer, and a peak for each, are repeated or dropped from the end."""
    changes: dict[str, Any] = {"depth": depth}
    kind = NETWORKS[specification.network]
    values = getattr(specification, kind.lists) if kind.lists else None
    if values and len(values) > 1:
        changes[kind.lists] = _resized(values, depth - kind.less)
    return specification.replace(**changes)


def stepped(specification: FitSpecification, name: str, direction: int) -> FitSpecification:
    """One step of an option up (1) or down (-1), held at its bounds; as it was where it has no steps."""
    option, value = OPTIONS[name], getattr(specification, name)
    if option.kind == "choice":
        return replaced(specification, name, _cycled(option.choices, value, direction))
    if option.kind == "flag":
        return specification.replace(**{name: not value})
    if name == "schedule":
        return specification.replace(schedule=_cycled(SCHEDULES, value, direction))
    if name == "width":
        return specification.replace(width=tuple(_bounded(name, stepped_width(w, direction)) for w in value))
    if option.kind not in ("integer", "number"):
        return specification
    return replaced(specification, name, _stepped_number(name, value, direction))


def _stepped_number(name: str, value: Any, direction: int) -> Any:
    if value is None or (value == 0 and name in FIRST):
        return FIRST.get(name, value) if direction > 0 else value
    if name in FIRST and direction < 0 and value <= FIRST[name] and name in ("noise", "threads"):
        return OPTIONS[name].default
    if name in BY_ONE:
        return _bounded(name, value + direction)
    if name in ROUND:
        return _bounded(name, round_neighbour(value, direction))
    return _bounded(name, value * 2 if direction > 0 else value // 2)


def round_neighbour(value: float, direction: int) -> float:
    """The next of 1, 2, 5 times powers of ten above or below; whole numbers stay whole."""
    whole = isinstance(value, int)
    if value <= 0:
        return 1 if whole and direction > 0 else value
    exponent = math.floor(math.log10(value))
    grid = [
        float(f"{mantissa}e{power}") for power in range(exponent - 1, exponent + 2) for mantissa in (1, 2, 5)
    ]
    if direction > 0:
        found = min(g for g in grid if g > value * (1 + 1e-9))
    else:
        found = max(g for g in grid if g < value * (1 - 1e-9))
    return max(int(found), 1) if whole else found


def stepped_width(width: int, direction: int) -> int:
    """By 1 up to 8, by 2 up to 16, by 4 up to 32, and so on: every power of two is met on the way."""
    above = width if direction > 0 else width - 1
    step = max(1, 2 ** (max(above, 1).bit_length() - 1) // 8 * 2) if above >= 8 else 1
    return (width // step + 1) * step if direction > 0 else (width - 1) // step * step


def _bounded(name: str, value: Any) -> Any:
    low, high = OPTIONS[name].minimum, OPTIONS[name].maximum
    if low is not None and value < low:
        return type(value)(low)
    return type(value)(high) if high is not None and value > high else value


def _cycled(choices: tuple[str, ...], value: str, direction: int) -> str:
    at = choices.index(value) if value in choices else -1 if direction > 0 else 0
    return choices[(at + direction) % len(choices)]


def _resized(values: tuple[Any, ...], size: int) -> tuple[Any, ...]:
    return (values + values[-1:] * size)[: max(size, 1)]
