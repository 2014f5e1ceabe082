r"""Regular expressions that cannot hang: a text of n characters takes O(n) steps, whatever the expression.

An expression becomes a machine of at most :data:`MOST_STATES` states (Thompson, 1968), and the *set* of states that
can be reached is carried along the text, so that nothing is ever tried twice; sets that were met before are looked up.
Known are ``.``, ``[a-z]`` and ``[^a-z]``, ``\d \w \s`` and their opposites, ``* + ? {2,5}``, ``|``, ``( )``, ``^`` and
``$``, and a backslash before any other sign for the sign itself. What only a search by trial could answer, references
back and looking around, is not; and no sign after a quantifier changes anything of whether there is a match, so there
is none.

Matches are sought anywhere in the text, and letters match those of either case.

K. Thompson, "Regular expression search algorithm", Communications of the ACM 11 (1968); R. Cox, "Regular expression
matching can be simple and fast" (2007).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Pattern", "PatternError"]

MOST_STATES = 500
MOST_SIGNS = 300  # of an expression
MOST_SETS = 10_000  # of states that are looked up; beyond, they are found anew

Test = Callable[[str], bool]  # of a character
_CLASSES: dict[str, Test] = {
    "d": str.isdecimal,
    "w": lambda sign: sign.isalnum() or sign == "_",
    "s": str.isspace,
}
_SIGNS = {"n": "\n", "t": "\t", "r": "\r"}


class PatternError(ValueError):
    """Why an expression cannot be used, as one sentence."""


@dataclass
class _State:
    """Of the machine: where it leads to, on a character that passes ``test``; without a test, on none."""

    to: list[int] = field(default_factory=list)
    test: Test | None = None
    at: str = ""  # "^" or "$": only there it leads on


@dataclass(frozen=True)
class _Part:
    """Of a machine: enters by the first state, leaves by the last, which leads nowhere yet."""

    first: int
    last: int


class Pattern:
    """``Pattern(r"sin\\(.*x\\)").matches(text)``; raises :class:`PatternError`."""

    def __init__(self, text: str) -> None:
        reader = _Reader(text)
        whole = reader.read()
        self._states, self._goal = reader.states, whole.last
        self._start = whole.first
        self._steps: dict[tuple[frozenset[int], str, bool], frozenset[int]] = {}

    def matches(self, text: str) -> bool:
        """Whether the expression matches somewhere in the text."""
        now, last = self._closed([self._start], is_start=True, is_end=not text), len(text) - 1
        for place, sign in enumerate(text):
            if self._goal in now:
                return True
            now = self._after(now, sign, is_end=place == last)
        return self._goal in now

    def _after(self, now: frozenset[int], sign: str, *, is_end: bool) -> frozenset[int]:
        """The states that a character leads to, and those of a match that begins after it."""
        key = now, sign, is_end
        after = self._steps.get(key)
        if after is None:
            passed = [each for each in map(self._states.__getitem__, now) if each.test and each.test(sign)]
            reached = [to for each in passed for to in each.to]
            after = self._closed([*reached, self._start], is_start=False, is_end=is_end)
            if len(self._steps) < MOST_SETS:
                self._steps[key] = after
        return after

    def _closed(self, begin: list[int], *, is_start: bool, is_end: bool) -> frozenset[int]:
        """With all that is reached without a character."""
        found, left = set(begin), list(begin)
        while left:
            state = self._states[left.pop()]
            if (
                state.test is not None
                or (state.at == "^" and not is_start)
                or (state.at == "$" and not is_end)
            ):
                continue
            fresh = [to for to in state.to if to not in found]
            found.update(fresh)
            left.extend(fresh)
        return frozenset(found)


class _Reader:
    """Builds the machine while it reads the expression: alternatives of sequences of repeated atoms."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_SIGNS:
            raise PatternError(f"it has {len(text)} signs; at most {MOST_SIGNS} are read")
        self._text, self._place = text, 0
        self.states: list[_State] = []

    def read(self) -> _Part:
        part = self._alternatives(0)
        if self._place < len(self._text):
            raise PatternError("a ) closes nothing")
        return part

    @property
    def _next(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self) -> str:
        sign = self._next
        if not sign:
            raise PatternError("it ends too early")
        self._place += 1
        return sign

    def _state(self, test: Test | None = None, at: str = "") -> int:
        if len(self.states) >= MOST_STATES:
            raise PatternError("it repeats too much")
        self.states.append(_State(test=test, at=at))
        return len(self.states) - 1

    def _join(self, one: int, other: int) -> None:
        self.states[one].to.append(other)

    def _alternatives(self, depth: int) -> _Part:
        first, last = self._state(), self._state()
        while True:
            part = self._sequence(depth)
            self._join(first, part.first)
            self._join(part.last, last)
            if self._next != "|":
                return _Part(first, last)
            self._take()

    def _sequence(self, depth: int) -> _Part:
        first = last = self._state()
        while self._next and self._next not in "|)":
            part = self._repeated(depth)
            self._join(last, part.first)
            last = part.last
        return _Part(first, last)

    def _repeated(self, depth: int) -> _Part:
        begin = self._place
        part = self._atom(depth)
        if not self._next or self._next not in "*+?{":
            return part
        if self._text[begin] in "^$":
            raise PatternError(f"a place, {self._text[begin]}, cannot be repeated")
        least, most = self._counts()
        if self._next and self._next in "*+?{":
            raise PatternError("one thing is repeated twice")
        after = self._place
        first = last = self._state()
        for copy in range(max(least, most or 0, 1)):
            if copy:  # the atom is read again, for a part of its own
                self._place = begin
                part = self._atom(depth)
            self._join(last, part.first)
            skipped, last = last, self._state()
            self._join(part.last, last)
            if copy >= least:
                self._join(skipped, last)
        if most is None:
            self._join(last, part.first)
        if most == 0:
            first = last = self._state()
        self._place = after
        return _Part(first, last)

    def _counts(self) -> tuple[int, int | None]:
        """Of the quantifier: at least and at most so often, or without an end."""
        sign = self._take()
        if sign != "{":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        inside, closed, _ = self._text[self._place :].partition("}")
        low, comma, high = inside.partition(",")
        if not closed or not low.isdecimal() or not (high.isdecimal() or not high) or len(inside) > 9:
            raise PatternError("a repetition is {3}, {2,} or {2,5}")
        self._place += len(inside) + 1
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if most is not None and most < least:
            raise PatternError("a repetition ends before it begins")
        return least, most

    def _atom(self, depth: int) -> _Part:
        sign = self._take()
        if sign == "(":
            if depth >= 30:
                raise PatternError("its brackets are nested too deep")
            if self._next == "?":
                raise PatternError("(? ... ) is not known here")
            part = self._alternatives(depth + 1)
            if self._next != ")":
                raise PatternError("a ( is not closed")
            self._take()
            return part
        if sign in "*+?{":
            raise PatternError(f"there is nothing before the {sign}")
        if sign in "^$":
            first, last = self._state(at=sign), self._state()
            self._join(first, last)
            return _Part(first, last)
        first, last = self._state(self._test(sign)), self._state()
        self._join(first, last)
        return _Part(first, last)

    def _test(self, sign: str) -> Test:
        if sign == ".":
            return lambda one: one != "\n"
        if sign == "[":
            return self._set()
        if sign == "\\":
            return self._escaped(self._take())
        return _is(sign)

    def _escaped(self, sign: str) -> Test:
        if sign.lower() in _CLASSES:
            known = _CLASSES[sign.lower()]
            return known if sign.islower() else lambda one: not known(one)
        if sign in _SIGNS:
            return _is(_SIGNS[sign])
        if sign.isalnum():
            raise PatternError(f"\\{sign} is not known here")
        return _is(sign)

    def _set(self) -> Test:
        inverted = self._next == "^"
        if inverted:
            self._take()
        tests: list[Test] = []
        while not tests or self._next != "]":
            sign = self._take()
            if sign == "\\":
                escaped = self._take()
                if escaped.lower() in _CLASSES or escaped.isalnum():
                    tests.append(self._escaped(escaped))
                    continue
                sign = escaped
            if self._next == "-" and self._text[self._place + 1 : self._place + 2] not in ("]", ""):
                self._take()
                end = self._take()
                end = self._take() if end == "\\" else end
                if end < sign:
                    raise PatternError(f"{sign}-{end} ends before it begins")
                tests.append(_between(sign, end))
            else:
                tests.append(_is(sign))
        self._take()
        return (lambda one: not any(test(one) for test in tests)) if inverted else _any(tests)


def _is(sign: str) -> Test:
    low = sign.lower()
    return lambda one: one.lower() == low


def _between(first: str, last: str) -> Test:
    return lambda one: first <= one <= last or first <= one.lower() <= last or first <= one.upper() <= last


def _any(tests: list[Test]) -> Test:
    return lambda one: any(test(one) for test in tests)
