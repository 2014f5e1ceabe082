"""JSON is JSON: no NaN, whatever is in a document, and a note where a number was not finite."""

from __future__ import annotations

import json
import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.plain import plain
from nnexpr_tui.commands.group import clean
from nnexpr_tui.commands.output import print_json, print_table

numbers = st.floats() | st.integers() | st.none() | st.booleans() | st.text(max_size=3)
documents = st.dictionaries(
    st.text(max_size=4).filter(lambda name: name != "nonfinite"),
    st.recursive(numbers, lambda inner: st.lists(inner, max_size=3), max_leaves=6),
    max_size=4,
)


def leaves(value):
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


@settings(max_examples=200, deadline=None, database=None)
@given(documents)
def test_a_document_becomes_strict_json_and_says_what_was_lost(document):
    lost = any(
        isinstance(leaf, float) and not math.isfinite(leaf)
        for item in document.values()
        for leaf in leaves(item)
    )
    found = plain(document)
    json.dumps(found, allow_nan=False)
    assert found.pop("nonfinite", False) is lost
    for name, value in document.items():
        for before, after in zip(leaves(value), leaves(found[name]), strict=True):
            finite = not isinstance(before, float) or math.isfinite(before)
            assert after == before if finite else after is None


def test_the_note_stands_beside_the_number():
    found = plain({"members": [{"loss": math.nan}, {"loss": 1.0}], "seconds": 2.0})
    assert found == {"members": [{"loss": None, "nonfinite": True}, {"loss": 1.0}], "seconds": 2.0}


def test_arrays_and_their_numbers_become_lists_and_numbers():
    found = plain(
        {"a": np.arange(3), "b": np.float32(0.5), "c": torch.tensor([[1.0, math.inf]]), "d": (1, 2)}
    )
    assert found == {"a": [0, 1, 2], "b": 0.5, "c": [[1.0, None]], "d": [1, 2], "nonfinite": True}


def test_one_document_on_one_line(capsys):
    print_json({"formula": "π\nσ"})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {"formula": "π\nσ"}


@settings(max_examples=200, deadline=None, database=None)
@given(st.text())
def test_clean_text_is_one_printable_line(text):
    assert clean(text).isprintable()
    if text.isprintable() and text == " ".join(text.split()):
        assert clean(text) == text


def test_a_table_never_reads_markup_or_escapes(capsys):
    print_table(
        "[red]title[/red]", ("[b]name", "x"), [("\x1b[31mevil", "[/]"), ("\x1b]0;title\x07", "\u202e")]
    )
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "[red]title[/red]" in printed
    assert "[/]" in printed
