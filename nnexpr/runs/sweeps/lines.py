"""On which line of a TOML document each of its keys and values stands.

``tomllib`` tells the lines of errors of syntax only. This walks a document that ``tomllib`` has read, so it judges no
syntax: it only has to know where keys, strings, arrays and inline tables begin and end.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from itertools import accumulate

__all__ = ["DEEPEST", "Path", "is_deep", "lines_of"]

Path = tuple[str | int, ...]  # of names, and places in arrays from 0

DEEPEST = 16  # tables and arrays within one another, and names of a dotted key

# What is quoted or remarked, longest openings first.
_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL
)
_DOTTED = re.compile(rf"[\w-]+(?:[ \t]*\.[ \t]*[\w-]+){{{DEEPEST},}}")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]*")


def is_deep(text: str) -> bool:
    """Whether more stands within one another than :data:`DEEPEST`, over which readers take long or fall."""
    bare = _QUOTED.sub(lambda found: "" if found[0].startswith("#") else "s", text)
    depth = accumulate((sign in "[{") - (sign in "]}") for sign in bare if sign in "[]{}")
    return max(depth, default=0) > DEEPEST or _DOTTED.search(bare) is not None


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every table, key and item of an array, by its path.

    ``("grid", "lr", 2)`` is the third value of ``lr = [...]`` in ``[grid]``; ``("grid", 1, "lr")`` is ``lr`` in the
    second ``[[grid]]``. ``text`` is a document that ``tomllib`` reads.
    """
    return _Walk(text.replace("\r\n", "\n")).walk()


class _Walk:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}  # of the tables of an array so far

    def walk(self) -> dict[Path, int]:
        table: Path = ()
        while self._next():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _next(self) -> str:
        """The sign after space, line ends and remarks; empty at the end."""
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._text[self._at : self._at + 1]

    def _mark(self, path: Path) -> None:
        self._lines.setdefault(path, bisect_right(self._starts, self._at))

    def _header(self) -> Path:
        """``[table]`` or ``[[table]]``; its path."""
        several = self._text.startswith("[[", self._at)
        begins = self._at
        self._at += 1 + several
        keys = self._keys()
        self._at = self._text.index("]", self._at) + 1 + several
        above = self._placed(keys[:-1])
        path = (*above, keys[-1])
        end, self._at = self._at, begins
        if several:
            self._mark(path)
            self._counts[path] = self._counts.get(path, 0) + 1
        path = self._placed((keys[-1],), above)
        self._mark(path)
        self._at = end
        return path

    def _placed(self, keys: Path, above: Path = ()) -> Path:
        """The path of these keys, through the newest table of each array on the way."""
        for key in keys:
            above = (*above, key)
            if above in self._counts:
                above = (*above, self._counts[above] - 1)
        return above

    def _pair(self, table: Path) -> None:
        begins = self._at
        keys = self._keys()
        end, self._at = self._at, begins
        for count in range(1, len(keys) + 1):
            self._mark((*table, *keys[:count]))
        self._at = self._text.index("=", end) + 1
        self._value((*table, *keys))

    def _keys(self) -> tuple[str, ...]:
        """A key, dotted or not; the place is then behind it."""
        keys: list[str] = []
        while True:
            self._next()
            found = _BARE_KEY.match(self._text, self._at) or _QUOTED.match(self._text, self._at)
            assert found is not None  # noqa: S101 - tomllib has read it
            bare = found.re is _BARE_KEY
            keys.append(found[0] if bare else next(iter(tomllib.loads(f"{found[0]} = 0"))))
            self._at = found.end()
            if self._next() != ".":
                return tuple(keys)
            self._at += 1

    def _value(self, path: Path) -> None:
        sign = self._next()
        self._mark(path)
        if sign == "[":
            self._items(path)
        elif sign == "{":
            self._inline(path)
        else:
            found = (_QUOTED if sign in "\"'" else _BARE_VALUE).match(self._text, self._at)
            assert found is not None  # noqa: S101 - tomllib has read it
            self._at = found.end()

    def _items(self, path: Path) -> None:
        self._at += 1
        place = 0
        while (sign := self._next()) != "]":
            if sign == ",":
                self._at += 1
                continue
            self._value((*path, place))
            place += 1
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while (sign := self._next()) != "}":
            if sign == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1
