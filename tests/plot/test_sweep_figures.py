"""Figures of a sweep."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection

from nnexpr import plot
from nnexpr.runs.sweep_journal import CellEntry
from nnexpr.runs.sweeps.plan import plan_of
from nnexpr.runs.sweeps.table import Table

CONFIGS = [{"width": (width,), "lr": lr} for width in (4, 8) for lr in (1e-3, 1e-2)]
LOSSES = (4.0, 3.0, 2.0, 1.0)


def table(losses=LOSSES) -> Table:
    entries = [
        CellEntry("s", number, config, "done", "r", number, {"loss": loss})
        for number, (config, loss) in enumerate(zip(CONFIGS, losses, strict=True))
    ]
    return Table("s", ("width", "lr"), plan_of(CONFIGS).cells, tuple(entries))


def test_a_sweep_has_its_lines_and_its_maps() -> None:
    figures = plot.sweep(table())
    assert list(figures) == ["parallel", "width-lr"]
    [lines] = [each for each in figures["parallel"].axes[0].collections if isinstance(each, LineCollection)]
    drawn = [segment[:, 1].tolist() for segment in lines.get_segments()]
    assert drawn == [[0, 0, 1], [0, 1, 2 / 3], [1, 0, 1 / 3], [1, 1, 0]]  # from the worst to the best
    [mesh] = figures["width-lr"].axes[0].collections
    np.testing.assert_array_equal(mesh.get_array(), [[4.0, 2.0], [3.0, 1.0]])


def test_places_of_a_map_are_evenly_spaced_each_with_its_label_and_a_cross_where_nothing_is_finite() -> None:
    axes = plot.sweep(table((4.0, 3.0, float("nan"), 1.0)))["width-lr"].axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["4", "8"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0.001", "0.01"]
    assert (axes.get_xticks().tolist(), axes.get_xlim(), axes.get_ylim()) == (
        [0, 1],
        (-0.5, 1.5),
        (-0.5, 1.5),
    )
    [crosses] = axes.lines
    assert crosses.get_xydata().tolist() == [[1.0, 0.0]]


def test_a_sweep_without_a_finite_loss_has_a_figure_all_the_same() -> None:
    figures = plot.sweep(table((float("nan"),) * 4))
    for figure in figures.values():
        figure.savefig("/dev/null", format="png")
