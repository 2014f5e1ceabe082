"""What makes each claim on MMNNs and oscillations fail; see ``wrong.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from nnexpr.experiments.data import Claim
from nnexpr.experiments.numerics import localized, oscillations

__all__ = ["WRONG_OSCILLATIONS", "errors"]


def errors(
    mmnn: float, trained: float, total: float, **first: float
) -> dict[tuple[str, str, str], np.ndarray]:
    """After two epochs, of seven members within 3 % of a median; ``first``: the MMNN's of one claim."""
    given = dict(zip(oscillations.NETWORKS, (mmnn, trained, total), strict=True))
    found = {}
    for name in oscillations.CASES:
        for activation in oscillations.STARTS:
            for kind, median in given.items():
                last = first.get(name, median) if kind == oscillations.MMNN else median
                found[name, activation, kind] = np.array([[1.0] * 7, last * (1 + 0.01 * np.arange(-3, 4))])
    return found


def learns(name: str, activation: str, median: float) -> Callable[[pytest.MonkeyPatch], Iterable[Claim]]:
    return lambda patch: [oscillations.learns(name, activation, errors(median, 1, 1), False)]


def beats(activation: str, *medians: float) -> Callable[[pytest.MonkeyPatch], Iterable[Claim]]:
    return lambda patch: [oscillations.beats(activation, errors(*medians), False)]


ERRORS = np.array([0.1, 0.48, 1.0])

WRONG_OSCILLATIONS: dict[str, Callable[[pytest.MonkeyPatch], Iterable[Claim]]] = {
    "Z21": lambda patch: [localized.nearer("Z21", localized.TRAINED, ERRORS, 0.48, False)],
    "Z21 adapts": lambda patch: [localized.adapted(np.array([0.0, 0.19, 0.9]), False)],
    "Z21 total": lambda patch: [localized.nearer("Z21 total", localized.ALL, ERRORS, 0.07, False)],
    "Z22": learns("Z22", "relu", 0.051),
    "Z22 sine": learns("Z22", "sine", 0.051),
    "Z23": learns("Z23", "relu", 0.101),
    "Z23 sine": learns("Z23", "sine", 0.101),
    "Z26": beats("relu", 0.5, 0.52, 0.6),  # lower, and the intervals overlap
    "Z26 sine": beats("sine", 0.5, 0.6, 0.4),
}
