"""Every experiment's figures and tables are drawn from what it gave in quick mode, without a word of warning."""

from __future__ import annotations

import pytest
from quick import quick

from nnexpr import plot
from nnexpr.experiments.data import Figure, Result
from nnexpr.experiments.discovery import every

LONG = {"manifold-tables", "manifold-construction"}  # tables only, which no other test has done quickly
LAID_OUT = 2  # of an experiment's figures and of its tables: laying out takes most of the time


@pytest.mark.parametrize("name", sorted({experiment.id for experiment in every()} - LONG))
def test_what_an_experiment_gave_is_drawn(name: str) -> None:
    result, _ = quick(name)
    drawn = plot.experiment(result)
    assert len(drawn) == len(result.figures) + len(result.tables)
    for data, figure in zip(result.figures, drawn, strict=False):
        if isinstance(data, Figure):
            assert len(figure.axes[0].lines) == len(data.series)
    few = Result(result.tables[:LAID_OUT], result.figures[:LAID_OUT])
    for figure in plot.experiment(few):
        figure.draw_without_rendering()
