"""What an option may be drawn from: ``{ uniform = [a, b] }`` and its kin, one declaration each.

A draw is a function of a number u in [0, 1) alone, so the same seed gives the same draws wherever Python runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nnexpr.declarations import Declared, InputError, Kind, Option
from nnexpr.runs.sweeps.values import value_of

__all__ = ["DISTRIBUTIONS", "Distribution", "Space", "space_of"]


@dataclass(frozen=True)
class Distribution:
    """``draw`` takes u and the values given; ``kinds``: of the options that it can be of, all where there are none."""

    name: str
    words: str
    draw: Callable[[float, Sequence[Any]], Any]
    kinds: tuple[Kind, ...] = ()


@dataclass(frozen=True)
class Space:
    """What one option is drawn from: a distribution, and its ends or its choices."""

    option: str
    distribution: str
    values: tuple[Any, ...]

    def draw(self, u: float) -> Any:
        """The value at u, which lies in [0, 1)."""
        return DISTRIBUTIONS[self.distribution].draw(u, self.values)


DISTRIBUTIONS: Declared[Distribution] = Declared("a distribution")

for _distribution in (
    Distribution("uniform", "[LOW, HIGH]", lambda u, v: v[0] + (v[1] - v[0]) * u, ("number", "numbers")),
    Distribution(
        "loguniform", "[LOW, HIGH], both above 0",
        lambda u, v: min(max(v[0] * math.exp(u * math.log(v[1] / v[0])), v[0]), v[1]), ("number", "numbers"),
    ),
    Distribution(
        "int", "[LOW, HIGH], whole numbers, both included",
        lambda u, v: min(v[0] + int(u * (v[1] - v[0] + 1)), v[1]), ("integer", "integers"),
    ),
    Distribution("choice", "[VALUE, ...]", lambda u, v: v[int(u * len(v))]),
):  # fmt: skip
    DISTRIBUTIONS.declare(_distribution)


def space_of(option: Option, given: Any) -> Space:
    """What ``given``, a table of one distribution, says; raises :class:`InputError`."""
    forms = " or ".join(
        f"{{ {each.name} = {each.words} }}" for each in DISTRIBUTIONS.values() if _suits(each, option)
    )
    if not isinstance(given, dict) or len(given) != 1:
        raise InputError(option.name, _shown(given), f"it must be {forms}")
    [(name, values)] = given.items()
    distribution = DISTRIBUTIONS.get(name)
    if distribution is None or not _suits(distribution, option):
        raise InputError(option.name, f"{{ {name} = … }}", f"it must be {forms}")
    if not isinstance(values, list) or not values:
        raise InputError(option.name, f"{{ {name} = {_shown(values)} }}", f"it must be {forms}")
    checked = tuple(value_of(option, value) for value in values)
    if name != "choice":
        ends = tuple(value[0] if isinstance(value, tuple) else value for value in checked)
        low_enough = name != "loguniform" or ends[0] > 0
        if len(ends) != 2 or not ends[0] < ends[1] or not low_enough:
            words = f"{distribution.name} takes {distribution.words}, the lower first"
            raise InputError(option.name, f"{{ {name} = {_shown(values)} }}", words)
        return Space(option.name, name, ends)
    return Space(option.name, name, checked)


def _suits(distribution: Distribution, option: Option) -> bool:
    return not distribution.kinds or option.kind in distribution.kinds


def _shown(given: Any) -> str:
    if isinstance(given, dict):
        return "{ " + ", ".join(f"{name} = …" for name in given) + " }" if given else "{}"
    return InputError("", given, "").shown if isinstance(given, list) else str(given)
