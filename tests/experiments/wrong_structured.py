"""What makes each claim on structured decomposition fail; see ``wrong.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest

from nnexpr.experiments.data import Claim
from nnexpr.experiments.numerics import pieces, structured
from nnexpr.theory.decomposition import Composition, Division, stretched_bump, waves_in_turn

__all__ = ["WRONG_STRUCTURED", "errors"]

X = np.linspace(-1, 1, 5001)
STEEP = ((8.6, 2.5), (9.0, 2.8), (66.0, 3.9))


def shifted(name: str, found: Composition) -> list[Claim]:
    """An inner part that is off by less than anyone sees."""
    wrong = replace(found, inner=lambda x: found.inner(x) + 1e-14)
    return [structured.composed(name, "", wrong, X)]


def another_constant(patch: pytest.MonkeyPatch) -> list[Claim]:
    right = Division.constant.fget
    patch.setattr(Division, "constant", property(lambda self: right(self) * (1 + 1e-12)))
    return [structured.divided(structured.identity(lambda x: np.exp(x), X, 0))]


def errors(**ratios: float) -> dict[tuple[str, str], pieces.Errors]:
    """Of two targets, the one network's over that of pieces: ten, and on the second what is given."""
    ways = dict(zip(("exact", "single", "trained"), pieces.WAYS, strict=True))
    found = {("first", way): (1.0, 0.1) for way in pieces.WAYS}
    return found | {("second", way): (ratios.get(short, 10.0), 1.0) for short, way in ways.items()}


WRONG_STRUCTURED: dict[str, Callable[[pytest.MonkeyPatch], Iterable[Claim]]] = {
    "Z18": lambda patch: shifted("Z18", stretched_bump()),
    "Z18 gradients": lambda patch: [structured.smoother(STEEP, ((8.6, 2.5), (3.0, 1.6), (8.6, 1.4)))],
    "Z19": lambda patch: shifted("Z19", waves_in_turn(structured.WAVES)),
    "Z19 gradients": lambda patch: [structured.waves_are_halved(((12.0, 8.9), (12.0, 6.0), (12.0, 8.9)))],
    "Z20": another_constant,
    "Z20 error": lambda patch: pieces.lower(errors(single=1.0)),
    "Z20 trained": lambda patch: pieces.lower(errors(trained=0.9)),
    "Z20 exact": lambda patch: pieces.lower(errors(exact=0.8)),
}
