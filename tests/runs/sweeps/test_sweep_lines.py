"""Lines of a TOML document's keys and values, against documents written from data, whose lines are known."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.runs.sweeps.lines import DEEPEST, Path, is_deep, lines_of

_KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=6),
)
_SCALARS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x7f"), max_size=8),
    st.sampled_from(["# no remark", 'a "quote"', "['", '"""', "a\nb", "x = 1", "}]"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=6,
)


class _Writer:
    """Writes TOML as people may, and notes the line of each thing that it writes."""

    def __init__(self, draw: Any) -> None:
        self.text, self.lines, self._draw = "", dict[Path, int](), draw

    def _any(self, *choices: str) -> str:
        return str(self._draw(st.sampled_from(choices)))

    def _mark(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def key(self, key: str) -> str:
        if (
            key
            and all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in key)
            and self._any("bare", "quoted") == "bare"
        ):
            return key
        literal = "'" not in key and self._any("basic", "literal") == "literal"
        return f"'{key}'" if literal else self._basic(key)

    def _basic(self, text: str) -> str:
        signs = {'"': '\\"', "\\": "\\\\"}
        return '"' + "".join(signs.get(s, s if s.isprintable() else f"\\U{ord(s):08x}") for s in text) + '"'

    def pair(self, path: Path, value: Any) -> None:
        self._mark(path)
        self.text += f"{self.key(str(path[-1]))}{self._any('', ' ')}={self._any(' ', chr(9), '')}"
        self.value(path, value)

    def value(self, path: Path, value: Any) -> None:
        self._mark(path)
        if isinstance(value, bool):
            self.text += "true" if value else "false"
        elif isinstance(value, str):
            plain = "'" not in value and value.isprintable()
            kind = self._any(
                "basic", "literal" if plain else "basic", "long", "long literal" if plain else "long"
            )
            quotes = {"literal": "'{}'", "long literal": "'''\n{}'''"}.get(kind)
            long = '"""\n' + self._basic(value)[1:-1] + '"""'
            self.text += quotes.format(value) if quotes else long if kind == "long" else self._basic(value)
        elif isinstance(value, list):
            self.text += "["
            for place, item in enumerate(value):
                self.text += self._any("", " ", "\n", "\n  # ] a remark, with signs [\n")
                self.value((*path, place), item)
                self.text += (
                    self._any(",", " ,", "\n,") if place < len(value) - 1 else self._any("", ",", "\n")
                )
            self.text += "]"
        elif isinstance(value, dict):
            self.text += "{"
            for place, (key, item) in enumerate(value.items()):
                self.text += ", " if place else " "
                self.pair((*path, key), item)
            self.text += "}"
        else:
            self.text += repr(value)


@st.composite
def _documents(draw: Any) -> tuple[dict[str, Any], _Writer]:
    writer, document = _Writer(draw), dict[str, Any]()
    for key, value in draw(st.dictionaries(_KEYS, _VALUES, max_size=3)).items():
        document[key] = value
        writer.pair((key,), value)
        writer.text += draw(st.sampled_from(["\n", " # = [\n", "\n\n", "\r\n"]))
    for name, table in draw(
        st.dictionaries(_KEYS, st.dictionaries(_KEYS, _VALUES, max_size=3), max_size=3)
    ).items():
        if name in document:
            continue
        count = draw(st.integers(0, 2))  # none: [table], else so many [[table]]
        document[name] = [table] * count if count else table
        for place in range(max(1, count)):
            writer._mark((name,))
            path: Path = (name, place) if count else (name,)
            writer._mark(path)
            opening, closing = ("[[", "]]") if count else ("[", "]")
            writer.text += f"{opening} {writer.key(name)} {closing}\n"
            for key, value in table.items():
                writer.pair((*path, key), value)
                writer.text += "\n"
    return document, writer


@given(_documents())
def test_every_key_and_item_has_the_line_on_which_it_was_written(
    made: tuple[dict[str, Any], _Writer],
) -> None:
    document, writer = made
    assert tomllib.loads(writer.text) == document  # what was written is what was meant
    assert lines_of(writer.text) == writer.lines


def test_dotted_keys_and_tables_in_tables() -> None:
    text = 'a . "b.c" = 1\n[x.y]\nz = 2\n[[t]]\n[[t]]\nq = 3\n[t.u]\nv = [\n 1,\n 2]\n'
    lines = lines_of(text)
    assert lines["a", "b.c"] == 1
    assert lines["x", "y"] == 2
    assert lines["t", 1, "q"] == 6
    assert lines["t", 1, "u", "v", 1] == 10


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        ".".join("a" * 100_000) + " = 1",
        ".".join(['"a"'] * 50_000) + " = 1",
        "[" + ".".join("a" * 100_000) + "]",
        "a = " + "{a = " * 50_000,
        "a = '[' # [\nb = " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
    ],
)
def test_what_stands_deep_is_known_before_a_reader_falls_over_it(text: str) -> None:
    assert is_deep(text)


def test_what_is_quoted_or_remarked_is_not_deep() -> None:
    assert not is_deep(
        "a = '''" + "[" * 100 + "'''  # " + "[" * 100 + '\nb = "' + "a." * 100 + '"\n' + "[x]\n" * 100
    )
