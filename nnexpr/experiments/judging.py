"""Verdicts: what was expected, measured and tolerated becomes a claim that holds, fails or is not judged."""

from __future__ import annotations

import math

from nnexpr.experiments.data import Cell, Claim, Verdict

__all__ = ["TOO_QUICK", "judged"]

TOO_QUICK = "A quick run has too few members or epochs to tell."


def judged(
    id: str,  # noqa: A002 - a claim's own name for it
    statement: str,
    expected: Cell,
    measured: Cell,
    tolerance: Cell,
    holds: bool | None,
    *,
    fails_if: str,
    corrected: bool = False,
    quick: bool = False,
    why: str = "",
) -> Claim:
    """A claim with the verdict of ``holds``: None is not judged ("not measured"), as is a number that is not finite.

    ``fails_if``: the outcome that would have been "fails", as the end of a sentence. ``corrected``: the source is
    misprinted and ``holds`` speaks of the corrected statement. ``quick``: on fewer members or epochs than the claim is
    about; what does not hold then is not judged. ``why``: kept where it does not hold.
    """
    verdict: Verdict
    if holds is None or (isinstance(measured, float) and not math.isfinite(measured)):
        verdict = "not measured"
    elif quick and not holds:
        verdict, why = "not measured", TOO_QUICK
    elif holds:
        verdict, why = "holds as corrected" if corrected else "holds", ""
    else:
        verdict = "fails"
    return Claim(id, statement, expected, measured, tolerance, verdict, fails_if, why)
