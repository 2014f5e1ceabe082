"""What makes each claim on MMNNs in the plane fail; see ``wrong.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim
from nnexpr.experiments.numerics import star, waves
from nnexpr.experiments.numerics.planar import Moment

__all__ = ["WRONG_PLANAR", "looks"]


def looks(*medians: float) -> list[Moment]:
    """Of three members around each median, at epochs 1, 2, ...; between the samples they are ten times as far off."""
    return [
        Moment(epoch, [median / 9, median, 9 * median], [median, 10 * median, 90 * median], [[0.0]], 1.0)
        for epoch, median in enumerate(medians, 1)
    ]


def falling(name: str, *medians: float) -> Callable[[pytest.MonkeyPatch], Iterable[Claim]]:
    return lambda patch: [waves.falling(name, waves.CASES[name], looks(*medians), Attempt())]


def nearer(name: str, what: str) -> Callable[[pytest.MonkeyPatch], Iterable[Claim]]:
    return lambda patch: [star.nearer(name, what, star.CASE, looks(0.1)[-1], 1.0, Attempt())]


WRONG_PLANAR: dict[str, Callable[[pytest.MonkeyPatch], Iterable[Claim]]] = {
    "Z24": falling("s=1", 0.3, 0.1, 0.0991),  # by less than a hundredth
    "Z24 s=3": falling("s=3", 0.3, 0.31, 0.1),
    "Z24 s=3 deep": falling("s=3 deep", 0.3, 0.2, float("inf")),
    "Z25": nearer("Z25", star.TRAINED),
    "Z25 total": nearer("Z25 total", star.ALL),
}
