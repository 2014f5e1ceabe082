"""One step up or down in an option, as a key press means it, and what else changes with it.

Pure functions from a specification to a specification of the same kind; contradictions raise :class:`InputError` as
anywhere.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

from nnexpr.declarations import Option, Specified, options_of
from nnexpr.kinds import NETWORKS
from nnexpr.linear.basis import SOLVERS
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.optimizers import OPTIMIZERS
from nnexpr.specification import OPTIONS, FitSpecification

__all__ = ["replaced", "shown_options", "stepped", "with_depth"]

S = TypeVar("S", bound=Specified)

FIRST = {"batch_size": 64, "stop_loss": 1e-4, "threads": 1, "noise": 0.01}  # from nothing, one step up
BY_ONE = {"depth", "rank", "encoding_bands", "terms", "seed", "target_seed", "threads", "power", "dimension"}
ROUND = {"lr", "epochs", "noise", "stop_loss", "scale"}  # 1, 2, 5, 10, ...
BY_TEN = {"rcond": (1e-16, 0.1), "ridge": (1e-16, 1e6)}  # and between which powers of ten
EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}
SCHEDULES = ("constant", "cosine", "step:1000:0.5")


def shown_options(specification: Specified, *groups: str) -> list[str]:
    """The options of these groups that mean something beside the others, in their declared order."""
    return [
        name
        for group in groups
        for name, option in options_of(type(specification)).items()
        if option.group == group and specification.relevant(name)
    ]


def replaced(specification: S, name: str, value: Any) -> S:
    """The specification with another value, and what follows from that."""
    value = options_of(type(specification))[name].check(value)
    return specification.replace(**{name: value} | _following(specification, name, value))


def _following(specification: Specified, name: str, value: Any) -> dict[str, Any]:
    """What else changes: a new network takes its own defaults, a new target its own domain."""
    if name == "target":
        return {"domain": None}
    if name == "optimizer" and not OPTIMIZERS[value].takes("batch_size"):
        return {"batch_size": None}
    if isinstance(specification, FitSpecification):
        if name == "depth":
            return _fitting_lists(specification, value)
        if name == "network" and value != specification.network:
            return _own_defaults(specification, value)
    if isinstance(specification, LstsqSpecification) and name in ("basis", "power"):
        solver = SOLVERS.get(specification.solver or "")
        return {"solver": None} if solver is not None and not solver.dense else {}  # not every basis has it
    return {}


def _own_defaults(specification: FitSpecification, network: str) -> dict[str, Any]:
    """The options of another network."""
    kept = {
        other: getattr(specification, other)
        for other, option in OPTIONS.items()
        if option.group != "network" or other in ("members", "activation", "init")
    }
    made = FitSpecification.make(**kept, network=network)
    return {name: getattr(made, name) for name in OPTIONS}


def with_depth(specification: FitSpecification, depth: int) -> FitSpecification:
    """Another depth; a width for each layer, and a peak for each, are repeated or dropped from the end."""
    return replaced(specification, "depth", depth)


def _fitting_lists(specification: FitSpecification, depth: int) -> dict[str, Any]:
    """A value for each layer, where there is more than one for all."""
    kind = NETWORKS[specification.network]
    values = getattr(specification, kind.lists) if kind.lists else None
    return {kind.lists: _resized(values, depth - kind.less)} if values and len(values) > 1 else {}


def stepped(specification: S, name: str, direction: int) -> S:
    """One step of an option up (1) or down (-1), held at its bounds; as it was where it has no steps."""
    option, value = options_of(type(specification))[name], getattr(specification, name)
    if option.kind == "choice":
        return replaced(specification, name, _cycled(option.choices, value, direction))
    if option.kind == "flag":
        return specification.replace(**{name: not value})
    if name == "schedule":
        return specification.replace(schedule=_cycled(SCHEDULES, value, direction))
    if name == "width":
        return specification.replace(
            width=tuple(_bounded(option, stepped_width(w, direction)) for w in value)
        )
    if name in BY_TEN:
        return replaced(specification, name, _next_power(specification, name, direction))
    if option.kind not in ("integer", "number"):
        return specification
    return replaced(specification, name, _stepped_number(option, value, direction))


def _stepped_number(option: Option, value: Any, direction: int) -> Any:
    name = option.name
    if value is None or (value == 0 and name in FIRST):
        return FIRST.get(name, value) if direction > 0 else value
    if name in FIRST and direction < 0 and value <= FIRST[name] and name in ("noise", "threads"):
        return option.default
    if name in BY_ONE:
        return _bounded(option, value + direction)
    if name in ROUND:
        return _bounded(option, round_neighbour(value, direction))
    return _bounded(option, value * 2 if direction > 0 else value // 2)


def _next_power(specification: Specified, name: str, direction: int) -> float | None:
    """The power of ten above or below what is given or, where nothing is, above or below what that stands for.

    Back at what nothing stands for, and below, there is nothing given.
    """
    least, most = BY_TEN[name]
    value = getattr(specification, name)
    if name == "rcond":
        usual = least = EPSILON[getattr(specification, "dtype", "float64")]
        value = max(value or usual, usual)  # below it, cut-offs do not differ
    else:
        solver = SOLVERS.get(getattr(specification, "solver", None) or "")
        usual = (solver.ridge if solver is not None else None) or least / 10
    exponent = math.log10(value or usual)
    power = math.floor(exponent + 1e-9) + 1 if direction > 0 else math.ceil(exponent - 1e-9) - 1
    found = min(float(f"1e{power}"), most)
    return found if found >= least else None


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


def _bounded(option: Option, value: Any) -> Any:
    low, high = option.minimum, option.maximum
    if low is not None and value < low:
        return type(value)(low)
    return type(value)(high) if high is not None and value > high else value


def _cycled(choices: tuple[str, ...], value: str | None, direction: int) -> str:
    at = choices.index(value) if value is not None and value in choices else -1 if direction > 0 else 0
    return choices[(at + direction) % len(choices)]


def _resized(values: tuple[Any, ...], size: int) -> tuple[Any, ...]:
    return (values + values[-1:] * size)[: max(size, 1)]
