"""Experiments, each done once in quick mode for all tests that look at what it gave."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Figure, Result, Table
from nnexpr.experiments.discovery import find

__all__ = ["columns", "curves", "parts_of", "quick"]


@cache
def _done(name: str) -> tuple[Result, list[float], dict[str, Any]]:
    [experiment] = find(name)
    reported: list[float] = []
    attempt = Attempt(True, progress=lambda share, note: reported.append(share))
    return experiment.run(attempt), reported, attempt.parts.values


def quick(name: str) -> tuple[Result, list[float]]:
    """Its result and the shares that it reported."""
    return _done(name)[:2]


def parts_of(name: str) -> dict[str, Any]:
    """The parts that it kept on its way."""
    return dict(_done(name)[2])


def columns(table: Table, *names: str) -> list[np.ndarray]:
    """Of a table, those of these names."""
    return [np.array([row[list(table.columns).index(name)] for row in table.rows]) for name in names]


def curves(figure: Figure) -> dict[str, tuple[list[float], list[float]]]:
    """Of a figure, by their labels."""
    return {curve.label: (list(curve.x), list(curve.y)) for curve in figure.series}
