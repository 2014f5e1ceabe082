"""The sections of a sweep's file: what each gives an option, and how many ways it has to do so.

A section is a list of *ways*; a way gives some options a value each. ``[grid]`` has a way for each combination of its
values, ``[zip]`` for each place in its lists, ``[random]`` for each draw. Several tables of one kind (``[[grid]]``) are
listed one after another, and kinds are combined with one another. How many there are is known before any is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Protocol

from nnexpr.declarations import InputError
from nnexpr.runs.sweeps.faults import Faults
from nnexpr.runs.sweeps.spaces import Space, space_of
from nnexpr.runs.sweeps.values import option_named, value_of
from nnexpr.specification import OPTIONS

__all__ = [
    "Draws",
    "Given",
    "Grid",
    "Section",
    "Way",
    "Zip",
    "read_base",
    "read_grid",
    "read_random",
    "read_spaces",
    "read_zip",
]

MOST_DRAWS = 1_000_000
NEVER_VARIED = {"members": "it stands in [base]: every member is a cell of its own; seeds says which"}


@dataclass(frozen=True)
class Given:
    """A value of an option, and the line where it stands."""

    value: Any
    line: int


Way = Mapping[str, Given]  # by option


class Section(Protocol):
    """A table's ways."""

    @property
    def line(self) -> int:
        """Where the table begins."""

    @property
    def options(self) -> Sequence[str]:
        """Those that every way gives a value."""

    def line_of(self, option: str) -> int:
        """Where the option stands."""

    def given(self, option: str) -> Iterable[Given]:
        """The values that it may have there."""

    @property
    def count(self) -> int:
        """Of :meth:`ways`; in a grid it may be more than any list has."""

    def ways(self) -> Iterator[Way]:
        """In order, the last option changing fastest."""


@dataclass(frozen=True)
class Grid:
    """Every combination of the values."""

    line: int
    values: Mapping[str, Sequence[Given]]
    lines: Mapping[str, int]

    @property
    def options(self) -> Sequence[str]:
        return list(self.values)

    def line_of(self, option: str) -> int:
        return self.lines[option]

    def given(self, option: str) -> Iterable[Given]:
        return self.values[option]

    @property
    def count(self) -> int:
        return math.prod(map(len, self.values.values()))

    def ways(self) -> Iterator[Way]:
        for chosen in product(*self.values.values()):
            yield dict(zip(self.values, chosen, strict=True))


@dataclass(frozen=True)
class Zip(Grid):
    """The first values together, then the second ones, and so on; the lists are equally long."""

    @property
    def count(self) -> int:
        return min(map(len, self.values.values()), default=1)

    def ways(self) -> Iterator[Way]:
        for chosen in zip(*self.values.values(), strict=True):
            yield dict(zip(self.values, chosen, strict=True))


@dataclass(frozen=True)
class Draws:
    """``count`` draws, each of all options in order."""

    line: int
    count: int
    seed: int
    spaces: Mapping[str, tuple[Space, int]]  # and its line

    @property
    def options(self) -> Sequence[str]:
        return list(self.spaces)

    def line_of(self, option: str) -> int:
        return self.spaces[option][1]

    def given(self, option: str) -> Iterable[Given]:
        space, line = self.spaces[option]
        return [Given(value, line) for value in space.values]

    def ways(self) -> Iterator[Way]:
        drawn = Random(self.seed).random  # noqa: S311 - no secret
        for _ in range(self.count):
            yield {name: Given(space.draw(drawn()), line) for name, (space, line) in self.spaces.items()}


def read_base(table: Mapping[str, Any], faults: Faults) -> dict[str, Given]:
    """``[base]``: one value for each option."""
    base: dict[str, Given] = {}
    for name, given in table.items():
        line = faults.line("base", name)
        try:
            option = option_named(name)
            _require_once(option.name, base)
            base[option.name] = Given(value_of(option, given), line)
        except InputError as error:
            faults.at(line, error)
    return base


def read_grid(table: Mapping[str, Any], where: tuple[str | int, ...], faults: Faults) -> Grid:
    """``[grid]``: a list of values for each option."""
    return Grid(faults.line(*where), *_lists(table, where, faults, distinct=True))


def read_zip(table: Mapping[str, Any], where: tuple[str | int, ...], faults: Faults) -> Zip:
    """``[zip]``: lists of values, all equally long."""
    lists, lines = _lists(table, where, faults, distinct=False)
    lengths = {name: len(values) for name, values in table.items() if isinstance(values, list)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
        faults.at(faults.line(*where), f"the lists of [zip] are equally long; {told}")
    return Zip(faults.line(*where), lists, lines)


def _lists(
    table: Mapping[str, Any], where: tuple[str | int, ...], faults: Faults, *, distinct: bool
) -> tuple[dict[str, list[Given]], dict[str, int]]:
    """The values of each option, and its line."""
    lists: dict[str, list[Given]] = {}
    lines: dict[str, int] = {}
    for name, given in table.items():
        line = faults.line(*where, name)
        try:
            option = option_named(name)
            _require_varied(option.name)
            _require_once(option.name, lists)
            if not isinstance(given, list) or not given:
                shown = "an empty list" if given == [] else given
                raise InputError(
                    option.name, shown, f"[{where[0]}] takes a list of values; one alone stands in [base]"
                )
        except InputError as error:
            faults.at(line, error)
            continue
        values: list[Given] = []
        seen: set[Any] = set()
        lists[option.name], lines[option.name] = values, line
        for place, item in enumerate(given):
            at = faults.line(*where, name, place)
            try:
                value = value_of(option, item)
                if distinct and value in seen:
                    raise InputError(option.name, option.format(value), "it is in the list twice")
                seen.add(value)
                values.append(Given(value, at))
            except InputError as error:
                faults.at(at, error)
    return lists, lines


def read_random(table: Mapping[str, Any], where: tuple[str | int, ...], faults: Faults) -> Draws:
    """``[random]``: ``count``, ``seed`` of the draws, and for each option what it is drawn from."""
    count = whole(table, "count", where, faults, most=MOST_DRAWS)
    drawn = {name: value for name, value in table.items() if name not in ("count", *_seed_of_draws(table))}
    seed = whole(table, "seed", where, faults, least=0, default=0) if _seed_of_draws(table) else 0
    return Draws(faults.line(*where), count, seed, read_spaces(drawn, where, faults, "count", "seed"))


def _seed_of_draws(table: Mapping[str, Any]) -> tuple[str, ...]:
    """``seed`` beside a number is that of the draws; with a distribution it is the option."""
    return ("seed",) if "seed" in table and not isinstance(table["seed"], dict) else ()


def read_spaces(
    table: Mapping[str, Any], where: tuple[str | int, ...], faults: Faults, *others: str
) -> dict[str, tuple[Space, int]]:
    """What each option is drawn from, and its line."""
    spaces: dict[str, tuple[Space, int]] = {}
    for name, given in table.items():
        line = faults.line(*where, name)
        try:
            option = option_named(name, *others)
            _require_varied(option.name)
            _require_once(option.name, spaces)
            spaces[option.name] = space_of(option, given), line
        except InputError as error:
            faults.at(line, error)
    if not table:
        faults.at(faults.line(*where), f"[{where[0]}] draws no option")
    return spaces


def whole(
    table: Mapping[str, Any], name: str, where: tuple[str | int, ...], faults: Faults, *,
    least: int = 1, most: int = 2**63 - 1, default: int | None = None,
) -> int:  # fmt: skip
    """A whole number of a section's own, in bounds; 1 or the ``default`` where it is none, which is told."""
    given = table.get(name, default)
    if isinstance(given, int) and not isinstance(given, bool) and least <= given <= most:
        return given
    allowed = f"it must be a whole number, at least {least}" + (
        f" and at most {most}" if most < 2**63 - 1 else ""
    )
    shown = "missing" if given is None else InputError("", given, "").shown
    faults.at(faults.line(*where, name), f"{name} of [{where[0]}] is {shown}: {allowed}")
    return least


def _require_varied(name: str) -> None:
    if name in NEVER_VARIED:
        raise InputError(name, "varied", NEVER_VARIED[name])


def _require_once(name: str, among: Mapping[str, object]) -> None:
    """TOML sees two keys in batch-size and batch_size."""
    if name in among:
        flag = OPTIONS[name].flag.removeprefix("--")
        raise InputError(name, "given twice", f"{name} and {flag} are one option")
