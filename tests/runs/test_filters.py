"""What a person types in the line of a list, and which runs that leaves."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.runs.entry import FIELDS, STATES, Entry
from nnexpr.runs.filters import MOST_SIGNS, ordered, parse
from nnexpr.specification import OPTIONS, InputError


def entry(number: int, /, **known: Any) -> Entry:
    config = known.pop("config", {})
    return Entry(
        id=f"20261127-19394{number}-00000{number}",
        target=config.get("target", ""),
        network=config.get("network", ""),
        config_text=json.dumps(config),
        **known,
    )


CUBE = entry(
    0, name="The first one", tags=("good", "paper"), state="finished", epoch=1000, least_loss=1e-3, size=70_000,
    config={"target": "cube", "network": "mlp", "depth": 3, "knots": 16, "width": [32, 8],
            "activation": "relu", "residual": True},
)  # fmt: skip
FORMULA = entry(
    1, note="with noise", state="running", epoch=20, least_loss=0.5, device="cuda:0 H100",
    config={"target": "expr:sin(8*pi*x)", "network": "shallow", "depth": 3, "activation": "relu", "knots": 64},
)  # fmt: skip
LOST = entry(
    2, state="diverged", epoch=1000, sweep="20261127-1", sweep_name="widths",
    config={"target": "cube", "network": "mmnn", "depth": 12, "width": [64, 64], "activation": "tanh",
            "residual": True},
)  # fmt: skip
RUNS = (CUBE, FORMULA, LOST)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", RUNS),
        ("   ", RUNS),
        ("cube", (CUBE, LOST)),
        ("CUBE relu", (CUBE,)),
        ("cube !relu", (LOST,)),
        ("!!cube", (CUBE, LOST)),
        ("shallow | tanh", (FORMULA, LOST)),
        ("shallow|tanh", (FORMULA, LOST)),
        ("cube relu | tanh depth>3", (CUBE, LOST)),
        ("cube depth>3 | relu shallow", (FORMULA, LOST)),
        ('"first one"', (CUBE,)),
        ('"one first"', ()),
        ("first one", (CUBE,)),
        (r"/sin\(\d\*pi/", (FORMULA,)),
        ("/^20261127-1939(40|42)/", (CUBE, LOST)),
        ("/H1.0|tan h/", (FORMULA,)),
        ("!/relu/", (LOST,)),
        ("depth>3", (LOST,)),
        ("Depth>=3", (CUBE, LOST)),
        ("depth<=3", (CUBE,)),
        ("depth=12", (LOST,)),
        ("depth!=12", (CUBE, FORMULA)),
        ("!depth>3", (CUBE, FORMULA)),
        ("width>32", (LOST,)),
        ("width=8", (CUBE,)),
        ("loss<1e-2", (CUBE,)),
        ("loss>0", (CUBE, FORMULA)),
        ("epoch=1000 state=finished", (CUBE,)),
        ("tag=good", (CUBE,)),
        ("tag:pap", (CUBE,)),
        ("tag!=good", (FORMULA, LOST)),
        ("target:sin", (FORMULA,)),
        ("expr:sin", (FORMULA,)),
        ("residual=yes", (LOST,)),
        ("created>2026-11-27", RUNS),
        ('created>"2026-11-27 19:39:41"', (LOST,)),
        ("size>60000", (CUBE,)),
        ("sweep:2026", (LOST,)),
        ("sweep=widths", (LOST,)),
        ("sweep=20261127-1 widths", (LOST,)),
        ("depth<9 | width=8", (CUBE,)),
        ("knots<99", (FORMULA,)),
        ("knots=x", ()),
    ],
)
def test_what_is_typed_leaves(text: str, left: tuple[Entry, ...]) -> None:
    assert tuple(each for each in RUNS if parse(text).accepts(each)) == left


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a |", "both sides"),
        ("| a", "both sides"),
        ("a || b", "both sides"),
        ("!", "must not be"),
        ("a ! b", "must not be"),
        ("/a", "ends with a /"),
        ("/", "ends with a /"),
        (r"/a\/", "ends with a /"),
        ("/(/", "not closed"),
        ("colour>3", "colour is no field"),
        ("x" * (MOST_SIGNS + 1), "at most"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        parse(text)
    assert refused.value.option == "filter"


@given(st.text(max_size=60) | st.text(' |!/"\\<>=:abc(+*)12', max_size=40))
def test_no_text_does_more_than_filter_or_be_refused(text: str) -> None:
    try:
        wanted = parse(text)
    except InputError:
        return
    assert {wanted.accepts(each) for each in RUNS} <= {True, False}


word = st.sampled_from(["cube", "relu", "tanh", "depth>3", "/sin/", "tag=good", "loss<1", "nothing"])


@given(word, word, word)
def test_the_signs_are_those_of_logic(a: str, b: str, c: str) -> None:
    for each in RUNS:
        one, two, three = (parse(text).accepts(each) for text in (a, b, c))
        assert parse(f"{a} {b}").accepts(each) == (one and two)
        assert parse(f"{a} | {b}").accepts(each) == (one or two)
        assert parse(f"!{a}").accepts(each) != one
        assert parse(f"{a} {b} | {c}").accepts(each) == ((one and two) or three)


def test_every_field_can_be_asked_for() -> None:
    for name in (*FIELDS, *OPTIONS):
        assert [each for each in RUNS if parse(f"{name}=nonsense").accepts(each)] == []
        assert len(ordered(RUNS, name)) == len(RUNS)
    assert {each.state for each in RUNS} <= {*STATES}


def test_runs_are_ordered_and_those_without_a_value_come_last() -> None:
    assert ordered(RUNS, "loss") == (CUBE, FORMULA, LOST)
    assert ordered(RUNS, "-loss") == (FORMULA, CUBE, LOST)
    assert ordered(RUNS, "depth") == (CUBE, LOST, FORMULA)
    assert ordered(RUNS, "-depth") == (LOST, CUBE, FORMULA)
    assert ordered(RUNS, "epoch") == (FORMULA, CUBE, LOST)
    assert ordered(RUNS, "-epoch") == (CUBE, LOST, FORMULA), "what is equal stays as it was"
    assert ordered(RUNS, "-created") == RUNS[::-1]
    with pytest.raises(InputError, match="colour is no field"):
        ordered(RUNS, "colour")


def test_a_loss_that_is_no_number_is_neither_small_nor_large() -> None:
    assert math.isnan(LOST.least_loss)
    assert not any(parse(text).accepts(LOST) for text in ("loss<1", "loss>=1", "loss=nan"))


def test_members_that_share_a_run_are_found_by_what_each_has_of_its_own() -> None:
    """Of a sweep: rates and seeds in place of the one that stands in the description, where they mean something."""
    config = {"network": "mlp", "lr": 0.001, "seed": 4, "optimizer": "adam"}
    own = json.dumps({"lr": [0.001, 0.01], "seed": [4, 5]})
    together = entry(3, config=config, own_text=own)
    for text in ("lr=0.01", "lr=0.001", "lr>0.005", "seed=5", "lr=1e-2 seed=4"):
        assert parse(text).accepts(together), text
    for text in ("lr=0.1", "lr<0.001", "seed=6", "lr!=0.01"):
        assert not parse(text).accepts(together), text
    steps = entry(4, config={**config, "optimizer": "lbfgs"}, own_text=own)
    assert not parse("lr=0.01").accepts(steps)
