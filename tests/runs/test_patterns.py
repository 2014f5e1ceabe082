"""Expressions match what Python's own match, and unlike those cannot hang."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnexpr.runs.patterns import MOST_SIGNS, Pattern, PatternError

LETTERS = "ab1_ .-x"

atoms = st.one_of(
    st.sampled_from(
        [
            "a",
            "b",
            "1",
            "x",
            ".",
            r"\d",
            r"\W",
            r"\s",
            r"\.",
            r"\-",
            "[ab]",
            "[^a1]",
            "[a-x1]",
            r"[\d_-]",
            "[]a]",
        ]
    ),
    st.sampled_from(["^", "$"]),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantifier = st.sampled_from(["*", "+", "?", "{2}", "{0}", "{0,2}", "{1,}", "{2,3}"])
    return st.one_of(
        st.builds("({}){}".format, inner, quantifier),
        st.builds("({}|{})".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
    )


expressions = st.recursive(atoms, _grown, max_leaves=8)


@given(expressions, st.text(LETTERS, max_size=8))
@example("(a*)*$", "b")
@example("(^a|b$){2}", "ab")
@example("(a|){2,3}x", "x")
@example("a{0}", "")
@example("(b){1,}$", "")
def test_it_matches_where_pythons_own_does(expression: str, text: str) -> None:
    assert Pattern(expression).matches(text) == (
        re.search(expression, text, re.IGNORECASE | re.ASCII) is not None
    )


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_text_is_more_than_refused(expression: str, text: str) -> None:
    try:
        pattern = Pattern(expression)
    except PatternError:
        return
    assert pattern.matches(text) in (True, False)


@given(st.text("ab(|)*+?{}0123,[]^$\\-.", max_size=30))
def test_nothing_is_read_that_python_would_not_read(expression: str) -> None:
    try:
        Pattern(expression)
    except PatternError:
        return
    re.compile(expression)


@pytest.mark.parametrize(
    "hostile", ["^(a+)+$", "^(a|aa)+$", "^(a|a)*$", "(.*)(.*)(.*)(.*)(.*)x$", "^((a*)*)*$"]
)
def test_what_hangs_others_takes_a_set_of_states_a_sign(hostile: str) -> None:
    pattern = Pattern(hostile)
    assert not pattern.matches("a" * 50_000 + "b")
    assert len(pattern._steps) < 20  # sets that were ever made: what a longer text would cost no more of


@pytest.mark.parametrize(
    "wrong",
    ["(", ")", "a)", "[a", "[", "*", "a**", "{2}", "a{2", "a{3,2}", "a{x}", "\\", r"\q", "[b-a]", "(?=a)", "a|*",
     "a" * (MOST_SIGNS + 1), "((a{9}){9}){9}", "(" * 40 + ")" * 40],
)  # fmt: skip
def test_what_is_no_expression_is_refused_in_a_sentence(wrong: str) -> None:
    with pytest.raises(PatternError, match=r".+"):
        Pattern(wrong)


def test_letters_match_those_of_either_case() -> None:
    assert Pattern("ReLU").matches("leaky_relu")
    assert Pattern("[a-z]+X").matches("ABx")
