"""A wrong engine, or a wrong constant, makes each claim fail; with the right ones the same measurement does not.

``broken.py`` says what is done; ``wrong.py`` has, beside numbers that were made up, what is measured with something
broken too: those of :data:`MEASURED`.
"""

from __future__ import annotations

from typing import Any

import pytest
from broken import Broken
from broken_dynamics import DYNAMICS
from broken_numerics import NUMERICS
from broken_sources import CONCEPTS, MANIFOLD
from wrong import WRONG
from wrong_dynamics import WRONG_DYNAMICS
from wrong_numerics import WRONG_NUMERICS

BROKEN = (*CONCEPTS, *MANIFOLD, *DYNAMICS, *NUMERICS)

# Of the tables WRONG: what they say of these comes of a wrong engine or constant, and not of numbers that were made up.
MEASURED = {
    "C1", "C7 exact", "C8", "C8 time", "C10", "C11",
    "M1", "M1 float64", "M7 sufficient", "M7 necessary", "M7 equation (1)", "M8 ratio", "M8 shape", "M8 error",
    "M9 error", "M9 only x²", "M12", "M13",
    "Z1", "Z7 numbers", "Z12", "Z13 a and b", "Z13 fixed biases", "Z14 fixed biases", "Z15", "Z18", "Z19", "Z20",
}  # fmt: skip
# What a source says and nothing bears out: these fail as they are measured, with nothing broken.
FAILING = {"C2", "H6 counts", "H6 counts code", "Z20 exact"}

_right: dict[Any, dict[str, str]] = {}  # by what is measured, and at which sizes: several cases share one


def unbroken(case: Broken) -> dict[str, str]:
    measured = case.found, tuple(sorted((place, repr(value)) for place, value in case.sizes.items()))
    if measured not in _right:
        with pytest.MonkeyPatch.context() as patch:
            _right[measured] = case.verdicts(patch, broken=False)
    return _right[measured]


def named(case: Broken) -> str:
    return f"{case.fails[0]}: {case.name}"


@pytest.mark.parametrize("case", BROKEN, ids=named)
def test_what_is_broken_fails(case: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = case.verdicts(monkeypatch, broken=True)
    assert {name: verdicts[name] for name in case.fails} == dict.fromkeys(case.fails, "fails")


@pytest.mark.parametrize("case", BROKEN, ids=named)
def test_and_what_is_not_does_not(case: Broken) -> None:
    """By the same measurement; a verdict that nothing could change would say nothing."""
    verdicts = unbroken(case)
    assert not [name for name in case.fails if verdicts[name] == "fails"]


def test_every_claim_is_made_to_fail_by_something_broken() -> None:
    """A claim that is new has no such test, and this one fails until it has.

    The tables WRONG have all claims that there are: other tests hold them to what experiments give.
    """
    there_are = {*WRONG, *WRONG_NUMERICS, *WRONG_DYNAMICS}
    by_cases = {name for case in BROKEN for name in case.fails}
    assert by_cases | MEASURED | FAILING == there_are
