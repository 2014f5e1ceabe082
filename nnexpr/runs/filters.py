r"""Which runs of a list are wanted, as a person types it, and in what order.

====================  =======================================================================================
``cube relu``         both words, in any order; ``cube | relu`` either, which binds weaker than the space
``!cube``             what follows does not hold
``"two words"``       as they stand, with the space
``/sin\(.*x\)/``      a regular expression (:mod:`nnexpr.runs.patterns`), which cannot hang
``depth>3``           a field, or any option of a fit: ``>``, ``>=``, ``<``, ``<=``, ``=``, ``!=``
``target:cube``       the field's text has it in it
====================  =======================================================================================

Words and expressions are looked for in each of :data:`SEARCHED`, letters of either case. Numbers are compared as
numbers, all else as text; of a list any entry will do. A run that has no such value satisfies ``!=`` only. Cells of a
sweep that were trained as members of one run have one entry: of a rate or a seed of their own that of any will do.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nnexpr.runs.entry import FIELDS, Entry
from nnexpr.runs.patterns import Pattern, PatternError
from nnexpr.specification import OPTIONS, InputError

__all__ = ["SEARCHED", "Filter", "ordered", "parse", "require_field"]

SEARCHED = (
    "id",
    "name",
    "tag",
    "note",
    "state",
    "target",
    "network",
    "activation",
    "optimizer",
    "device",
    "sweep",
)
MOST_SIGNS = 1_000  # of a filter
MOST_SEARCHED = 2_000  # signs of a value

Test = Callable[[Entry], bool]

_COMPARED = re.compile(r"([a-z][a-z0-9_-]*)(>=|<=|!=|=|>|<|:)(.*)", re.DOTALL | re.IGNORECASE)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, "=": operator.eq, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What :func:`parse` made of a text."""

    text: str
    _either: tuple[tuple[Test, ...], ...] = field(repr=False)  # one of these, all of whose tests hold

    def accepts(self, entry: Entry) -> bool:
        """Whether the run is wanted."""
        return any(all(test(entry) for test in tests) for tests in self._either)


@lru_cache(maxsize=64)
def parse(text: str) -> Filter:
    """The filter that a text stands for, an empty one for every run; raises InputError with one sentence."""
    if len(text) > MOST_SIGNS:
        raise InputError("filter", text, f"it has {len(text):,} signs; at most {MOST_SIGNS:,} are read")
    either: list[list[Test]] = [[]]
    for token in _tokens(text):
        if token == "|":  # noqa: S105 - no password
            either.append([])
        else:
            either[-1].append(_negated(token, text))
    if len(either) > 1 and not all(either):
        raise InputError("filter", text, "something must stand on both sides of a |")
    return Filter(text, tuple(map(tuple, either)))


def _tokens(text: str) -> Iterator[str]:
    """Terms and bars. A slash begins an expression only where a term begins."""
    place = 0
    while place < len(text):
        sign = text[place]
        if sign.isspace():
            place += 1
        elif sign == "|":
            yield sign
            place += 1
        else:
            end = _end(text, place)
            yield text[place:end]
            place = end


def _end(text: str, place: int) -> int:
    """Of the term that begins here: the next space or bar that no quotes and no slashes hold."""
    while text[place : place + 1] == "!":
        place += 1
    closing = ""
    if text[place : place + 1] == "/":
        closing, place = "/", place + 1
    while place < len(text):
        sign = text[place]
        if closing:
            if sign == "\\" and closing == "/":
                place += 1
            elif sign == closing:
                closing = ""
        elif sign == '"':
            closing = sign
        elif sign.isspace() or sign == "|":
            break
        place += 1
    return min(place, len(text))


def _negated(token: str, text: str) -> Test:
    inner = token.lstrip("!")
    if not inner:
        raise InputError("filter", text, "a ! stands before what must not be")
    test = _test(inner, text)
    return test if (len(token) - len(inner)) % 2 == 0 else lambda entry: not test(entry)


def _test(term: str, text: str) -> Test:
    if term.startswith("/"):
        return _matching(term, text)
    if found := _COMPARED.fullmatch(term):
        name, sign, value = found.groups()
        if sign != ":" or _known(name):  # else it is a word, such as expr:sin(x)
            return _comparing(require_field(name, "filter", text), sign, _unquoted(value))
    wanted = _unquoted(term).casefold()
    return lambda entry: any(wanted in value.casefold() for value in _searched(entry))


def _matching(term: str, text: str) -> Test:
    if len(term) < 2 or not term.endswith("/") or _is_escaped(term):
        raise InputError("filter", text, "an expression ends with a /")
    try:
        pattern = Pattern(term[1:-1].replace("\\/", "/"))
    except PatternError as error:
        raise InputError("filter", text, f"{term} is no expression: {error}") from None
    return lambda entry: any(map(pattern.matches, _searched(entry)))


def _is_escaped(term: str) -> bool:
    """Whether the slash at the end is one of the expression's own signs."""
    inside = term[:-1]
    return (len(inside) - len(inside.rstrip("\\"))) % 2 == 1


def require_field(name: str, option: str, text: str) -> str:
    """``name`` as options have it, if runs have such a field; else an InputError of this option."""
    if not _known(name):
        raise InputError(
            option, text, f"{name} is no field: known are {', '.join(FIELDS)} and the options of fit"
        )
    return _spelled(name)


def _known(name: str) -> bool:
    return _spelled(name) in FIELDS or _spelled(name) in OPTIONS


def _spelled(name: str) -> str:
    return name.lower().replace("-", "_")


def _comparing(name: str, sign: str, value: str) -> Test:
    """Whether what a run has under ``name`` compares so."""
    if sign == "!=":
        equal = _comparing(name, "=", value)
        return lambda entry: not equal(entry)
    if sign == ":":
        part = value.casefold()
        return lambda entry: any(part in _text(own).casefold() for own in _values(entry, name))
    compare, number, word = _COMPARISONS[sign], _number(value), value.casefold()

    def test(own: Any) -> bool:
        if isinstance(own, int | float) and not isinstance(own, bool):
            return number is not None and compare(own, number)
        return compare(_text(own).casefold(), word)

    return lambda entry: any(test(own) for own in _values(entry, name))


def _values(entry: Entry, name: str) -> list[Any]:
    return _listed(entry.value(name))


def _listed(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _number(value: str) -> float | None:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return None


def _text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _searched(entry: Entry) -> Iterator[str]:
    """Also the activation of a network that has no choice of one: it is what its units are."""
    values = (
        entry.config.get(name) if name in OPTIONS and name not in FIELDS else entry.value(name)
        for name in SEARCHED
    )
    return (_text(value)[:MOST_SEARCHED] for each in values for value in _listed(each))


def _unquoted(value: str) -> str:
    return value.replace('"', "")


def ordered(entries: Iterable[Entry], by: str) -> tuple[Entry, ...]:
    """By a field or an option of a fit, the least first; ``-loss`` the greatest first.

    Runs without a value, or with one that is no number, come last, whichever way; runs of equal values stay in their
    order. Raises InputError for what is no field.
    """
    name = require_field(by.removeprefix("-"), "sort", by)
    known: list[tuple[tuple[int, Any], Entry]] = []
    unknown: list[Entry] = []
    for entry in entries:
        key = _key(entry.value(name))
        if key is None:
            unknown.append(entry)
        else:
            known.append((key, entry))
    known.sort(key=operator.itemgetter(0), reverse=by.startswith("-"))
    return (*(entry for _, entry in known), *unknown)


def _key(value: Any) -> tuple[int, Any] | None:
    """What values of all kinds are sorted by."""
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    return (0, float(value)) if isinstance(value, int | float) else (1, _text(value).casefold())
