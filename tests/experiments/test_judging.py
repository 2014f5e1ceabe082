"""A verdict follows from what holds, what is misprinted, and whether a quick run could tell."""

from __future__ import annotations

import pytest

from nnexpr.experiments.data import VERDICTS, Claim
from nnexpr.experiments.judging import TOO_QUICK, judged


@pytest.mark.parametrize(
    ("holds", "corrected", "measured", "verdict"),
    [
        (True, False, 1.0, "holds"),
        (True, True, 1.0, "holds as corrected"),
        (False, True, 1.0, "fails"),
        (None, False, None, "not measured"),
        (True, False, float("nan"), "not measured"),
    ],
)
def test_verdicts(holds: bool | None, corrected: bool, measured: float | None, verdict: str) -> None:
    claim = judged("X1", "one is one", 1.0, measured, 0.1, holds, fails_if="one is two", corrected=corrected)
    assert claim == Claim("X1", "one is one", 1.0, measured, 0.1, verdict, "one is two")  # type: ignore[arg-type]
    assert claim.verdict in VERDICTS


@pytest.mark.parametrize(
    ("holds", "quick", "verdict", "why"),
    [
        (True, False, "holds", ""),
        (True, True, "holds", ""),
        (False, False, "fails", "because"),
        (False, True, "not measured", TOO_QUICK),
        (None, True, "not measured", "because"),
    ],
)
def test_a_quick_run_lets_no_claim_fail_and_reasons_go_with_what_does_not_hold(
    holds: bool | None, quick: bool, verdict: str, why: str
) -> None:
    claim = judged(
        "X1", "one is one", 1.0, 2.0, None, holds, fails_if="it is not", quick=quick, why="because"
    )
    assert (claim.verdict, claim.why) == (verdict, why)
