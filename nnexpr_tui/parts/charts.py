"""What the charts show of a fit: pure functions from its moment to a chart's data, and the pane that holds a chart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from nnexpr_tui.actions import Action, bindings
from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.charts.widget import Chart
from nnexpr_tui.parts.numbers import number

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.controller import Look

__all__ = ["CURSOR", "ChartPane", "fit_chart", "loss_chart"]

FIT_HELP = """\
The target, the shown member's fit, and with several members the band between the least and the greatest of them.
The marks under the canvas are the bends: where the network's slope changes. Points are training data.
e shows the error, fit minus target, in place of both; . and , show another member.
V puts a cursor on the chart, whose values stand in the lower border."""
LOSS_HELP = """\
The mean squared error of the shown member over the training points, in the target's own units, after each epoch.
Behind it, the training whose place this one took: u brings that one back, U lists all that was trained so far.
With several members, the band holds the losses of all. l and L change the axes between logarithmic and linear.
V puts a cursor on the chart: the loss, the best and the median member's, and the learning rate at an epoch."""


CURSOR: tuple[Action, ...] = (
    Action("move(-1)", "left", "←", "Left", "the cursor one column to the left, to where there is a value"),
    Action("move(1)", "right", "→", "Right", "and to the right"),
    Action("move(-10)", "shift+left", "shift+←", "Far left", "ten columns to the left"),
    Action("move(10)", "shift+right", "shift+→", "Far right", "ten columns to the right"),
    Action("move(-1e9)", "home", "home", "First", "the first value"),
    Action("move(1e9)", "end", "end", "Last", "the last value"),
    Action("put_away", "escape", "esc", "Put away", "no cursor any more; V brings it back"),
)  # fmt: skip


class ChartPane(Chart, can_focus=True):
    """A chart with a border, a help text and a cursor, whose values stand in the lower border.

    The cursor's keys are heard while it is there.
    """

    class Cut(Message):
        """The border has no room for all that is read at the cursor; ``text`` has the whole of it.

        Empty once nothing is read any more.
        """

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    HELP: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = bindings(CURSOR)

    def __init__(self, title: str, help_text: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = title
        self.help_text = help_text
        self._cursor: float | None = None

    @property
    def has_values(self) -> bool:
        """Whether there is a chart to read values of."""
        return self._data is not None

    @property
    def has_cursor(self) -> bool:
        """Whether values are read."""
        return self._cursor is not None

    @property
    def reading(self) -> str:
        """Where the cursor stands, and the values there, as many as there is room for; empty without a cursor."""
        read = self._read()
        lengths = accumulate(len(each) + 2 for each in read)
        return "  ".join(
            each for each, length in zip(read, lengths, strict=True) if length <= self.size.width - 2
        )

    def _read(self) -> list[str]:
        """All that is read, one text a value."""
        if self._cursor is None or self._data is None:
            return []
        from nnexpr_tui.charts.cursor import nearest, readings

        x = nearest(self._data, self._cursor)
        if x is None:
            return []
        read = [f"{self._data.x_axis.label or 'x'} {number(x, 6)}"]
        for label, values in readings(self._data, x):
            read.append(f"{label} " + " to ".join(number(value, 4) for value in values))
        return read

    def marked(self, data: ChartData) -> ChartData:
        """With the cursor at the place nearest to where it was, and its values in the lower border."""
        from nnexpr_tui.charts.cursor import nearest

        if self._cursor is None:
            return data
        self._tell()
        return replace(data, cursor=nearest(data, self._cursor))

    def _tell(self) -> None:
        below = Content(self.reading)
        if (self.border_subtitle or "") != below.markup:
            self.border_subtitle = below

    def read_values(self) -> None:
        """Put the cursor into the middle, or away."""
        from nnexpr_tui.charts.cursor import places

        there = places(self._data) if self._data is not None and self._cursor is None else ()
        self._cursor = float(there[len(there) // 2]) if len(there) else None
        self._draw_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Without a cursor its keys are the view's."""
        return action not in ("move", "put_away") or self.has_cursor

    def action_move(self, columns: float) -> None:
        from nnexpr_tui.charts.cursor import moved

        if self._data is not None and self._cursor is not None:
            self._cursor = moved(self._data, self._cursor, columns, self.content_size.width)
            self._draw_again()
            if (whole := "  ".join(self._read())) != self.reading:
                self.post_message(self.Cut(whole))

    def action_put_away(self) -> None:
        """Nothing where there is none: the lower border may say something else."""
        if self.has_cursor:
            self._cursor = None
            self.post_message(self.Cut(""))
            self._draw_again()

    def _draw_again(self) -> None:
        self._tell()
        if self._data is not None:
            self.update_chart(self._data)


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
    y_axis = Axis(label=scene.value_name, limits=y_limits)
    return ChartData(tuple(series), x_axis, y_axis, facts=partial(_fit_facts, scene, fit, residual))


def _fit_facts(scene: Scene, fit: Any, residual: bool) -> tuple[Series, ...]:
    """What of target, fit and error is not drawn."""
    target = Series(scene.x, scene.truth, "target")
    if residual:
        return target, Series(scene.x, fit, "fit")
    error = Series(scene.x, fit - scene.truth, "error")
    return (error,) if scene.data is None else (target, error)


def loss_chart(
    epochs: Any,
    losses: Any,
    *,
    look: Look,
    members: Any = None,
    before: tuple[Any, Any] | None = None,
    cursor: tuple[int, float] | None = None,
    recording: Recording | None = None,
) -> ChartData:
    """The loss over the epochs, as ``look`` says; ``cursor`` marks one of them, of the ``recording`` more can be read.

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
    y_axis = Axis(log=look.log_axis, label="mean squared error")
    facts = partial(_loss_facts, recording) if recording is not None else tuple
    return ChartData(tuple(series), x_axis, y_axis, facts=facts)


def _loss_facts(recording: Recording) -> tuple[Series, ...]:
    """Of all members the best and the (lower) median loss; the learning rate, which holds until the next snapshot."""
    import numpy as np

    epochs, losses, snapshots = recording.epochs, recording.losses, recording.snapshots
    facts: tuple[Series, ...] = ()
    if losses.shape[1] > 1:
        ranked = np.sort(losses, axis=1)  # what is not finite comes last
        facts = (
            Series(epochs, ranked[:, 0], "best"),
            Series(epochs, ranked[:, (ranked.shape[1] - 1) // 2], "median"),
        )
    if snapshots:
        rates = np.array([snapshot.learning_rate for snapshot in snapshots])
        at = np.searchsorted([snapshot.epoch for snapshot in snapshots], epochs, side="right") - 1
        facts = (*facts, Series(epochs, rates[np.maximum(at, 0)], "lr"))
    return facts
