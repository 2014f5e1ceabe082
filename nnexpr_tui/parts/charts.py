"""What the charts show of a fit: pure functions from its moment to a chart's data, and the pane that holds a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.charts.widget import Chart

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Scene
    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.controller import Look

__all__ = ["ChartPane", "fit_chart", "loss_chart"]

FIT_HELP = """\
The target, the shown member's fit, and with several members the band between the least and the greatest of them.
The marks under the canvas are the bends: where the network's slope changes. Points are training data.
e shows the error, fit minus target, in place of both; . and , show another member."""
LOSS_HELP = """\
The mean squared error of the shown member over the training points, in the target's own units, after each epoch.
Behind it, the training whose place this one took: u brings that one back, U lists all that was trained so far.
With several members, the band holds the losses of all. l and L change the axes between logarithmic and linear."""


class ChartPane(Chart, can_focus=True):
    """A chart with a border and a help text."""

    HELP: ClassVar[str] = ""

    def __init__(self, title: str, help_text: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = title
        self.help_text = help_text


def fit_chart(
    scene: Scene,
    snapshot: Snapshot,
    counts: LineRegions | None,
    *,
    residual: bool,
    y_limits: tuple[float, float] | None = None,
) -> ChartData:
    """Target and fit over the domain, or the error alone."""
    x, fit = scene.x, snapshot.prediction
    series: list[Series] = []
    if snapshot.band is not None:
        low, high = (edge - scene.truth if residual else edge for edge in snapshot.band)
        series.append(Series(x, low, "all members", "secondary", style="band", upper=high))
    if residual:
        series.append(Series((x[0], x[-1]), (0.0, 0.0), "", "foreground"))
        series.append(Series(x, fit - scene.truth, "fit − target", "error"))
    else:
        known = Series(x, scene.truth, "target", "foreground")
        if scene.data is not None:
            known = Series(scene.data[0], scene.data[1], "data", "foreground", style="points")
        series += [known, Series(x, fit, "fit", "accent")]
    if scene.countable:  # also before they are counted, so that the canvas keeps its height
        bends = () if counts is None else counts.breakpoints
        series.append(Series(bends, (), "bends", "warning", style="ticks"))
    x_axis = Axis(label=scene.input_name, limits=scene.domain[0])
    return ChartData(tuple(series), x_axis, Axis(label=scene.value_name, limits=y_limits))


def loss_chart(
    epochs: Any,
    losses: Any,
    *,
    look: Look,
    members: Any = None,
    before: tuple[Any, Any] | None = None,
    cursor: tuple[int, float] | None = None,
) -> ChartData:
    """The loss over the epochs, as ``look`` says; ``cursor`` marks one of them.

    Behind it the band of all ``members``' losses, and that of the training ``before``, as far as this one has come.
    """
    import numpy as np

    first = 1 if look.log_epochs else 0  # epoch 0 has no place on a logarithmic axis
    last = epochs[-1] if len(epochs) else 0
    seen = epochs >= first
    series = [Series(epochs[seen], losses[seen], "loss", "accent")]
    if members is not None and members.shape[1] > 1:
        least, most = np.fmin.reduce(members[seen], axis=1), np.fmax.reduce(members[seen], axis=1)
        series.insert(0, Series(epochs[seen], least, "all members", "secondary", style="band", upper=most))
    if before is not None:
        shown = (before[0] >= first) & (before[0] <= last)
        series.insert(0, Series(before[0][shown], before[1][shown], "before", "secondary"))
    if cursor is not None and cursor[0] >= first:
        series.append(Series((cursor[0],), (cursor[1],), "shown", "warning", marker="◆", style="points"))
    # Of all epochs, also where no loss has a place on a logarithmic axis.
    x_axis = Axis(label="epoch", log=look.log_epochs, include=(first, max(last, first + 1)))
    return ChartData(tuple(series), x_axis, Axis(log=look.log_axis, label="mean squared error"))
