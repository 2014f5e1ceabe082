"""Replay: back and forth through the training, on the axes of the whole of it. Training may go on meanwhile."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer

from nnexpr_tui.actions import bindings
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import FIT_HELP, LOSS_HELP, ChartPane, fit_chart, loss_chart
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.moment import MomentPane
from nnexpr_tui.parts.screen import ExplorerScreen
from nnexpr_tui.worker.frame import Counts, Frame, Scene

if TYPE_CHECKING:
    from nnexpr.training.snapshots import Snapshot

__all__ = ["ReplayScreen"]

PLAY_INTERVAL = 0.1
NOTHING: Line = (("Nothing is trained yet: 1 goes back to Explore, space starts.", "label"),)


class Counted(Message, bubble=False):
    """The worker's answer: the counts of a snapshot of the record."""

    def __init__(self, scene: Scene, epoch: int, counts: Counts | None) -> None:
        super().__init__()
        self.scene, self.epoch, self.counts = scene, epoch, counts


class ReplayScreen(ExplorerScreen):
    """Scrubs the record of the present fit."""

    SCOPE = "replay"
    HELP = "The snapshots kept while training, evenly spread over the epochs, with one set of axes for all of them."
    BINDINGS: ClassVar[list[BindingType]] = bindings(SCOPE)
    AUTO_FOCUS = "#replay-fit"

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._scene: Scene | None = None
        self._epoch: int | None = None  # None: the newest, whichever that is
        self._counts: dict[int, Counts | None] = {}
        self._asked: int | None = None
        self._limits: tuple[int, tuple[float, float]] = (0, (0.0, 1.0))
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield ChartPane("Fit at this epoch", FIT_HELP, id="replay-fit")
            yield ChartPane("Loss", LOSS_HELP, id="replay-loss")
        with Vertical(classes="column", id="moment-column"):
            yield MomentPane("This moment", id="moment")

    # Where we are: an epoch, so that the record may be thinned meanwhile

    def _index(self, record: tuple[Snapshot, ...]) -> int:
        if self._epoch is None:
            return len(record) - 1
        return max((i for i, snapshot in enumerate(record) if snapshot.epoch <= self._epoch), default=0)

    def show(self, frame: Frame | None) -> int:
        moment = self.query_one(MomentPane)
        if frame is None or not frame.record:
            return moment.show_lines([NOTHING])
        if frame.scene is not self._scene:
            self._scene, self._epoch, self._counts, self._asked = frame.scene, None, {}, None
            self.query_one("#replay-fit", ChartPane).reset_limits()
        index = self._index(frame.record)
        snapshot = frame.record[index]
        counts = self._counts_of(frame, index)
        playing = self._timer is not None
        sent = moment.show_moment(frame.scene, snapshot, counts, index + 1, len(frame.record), playing)
        return sent + self._show_charts(frame, snapshot, counts)

    def _show_charts(self, frame: Frame, snapshot: Snapshot, counts: Counts | None) -> int:
        view = self.controller.view
        fit, loss = self.query_one("#replay-fit", ChartPane), self.query_one("#replay-loss", ChartPane)
        fit.set_markers(view.markers)  # type: ignore[arg-type]
        loss.set_markers(view.markers)  # type: ignore[arg-type]
        limits = self._whole(frame, view.residual)
        sent = fit.update_chart(
            fit_chart(frame.scene, snapshot, counts, residual=view.residual, y_limits=limits)
        )
        cursor = (snapshot.epoch, snapshot.loss)
        return sent + loss.update_chart(
            loss_chart(frame.history_epochs, frame.history_losses, log_axis=view.log_axis, cursor=cursor)
        )

    def _whole(self, frame: Frame, residual: bool) -> tuple[float, float]:
        """Limits that hold every snapshot of the record; found again once it has grown by a quarter."""
        truth = frame.scene.truth
        size, limits = self._limits
        if residual != (size < 0) or not abs(size) <= len(frame.record) <= 1.25 * abs(size):
            import numpy as np

            from nnexpr_tui.charts.limits import snap

            curves = np.stack([s.prediction for s in frame.record])
            shown = curves - truth if residual else np.vstack([curves, truth[None]])
            shown = shown[np.isfinite(shown)]
            limits = snap(float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
            self._limits = (-len(frame.record) if residual else len(frame.record), limits)
        return limits

    def _counts_of(self, frame: Frame, index: int) -> Counts | None:
        """What is known, asking the worker for what is not; one question at a time."""
        epoch = frame.record[index].epoch
        if frame.counts is not None and frame.counts.epoch == epoch:
            return frame.counts
        if epoch in self._counts:
            return self._counts[epoch]
        if frame.scene.countable and self._asked is None:
            self._asked = epoch
            answer = partial(Counted, frame.scene, epoch)
            self.controller.worker.count(frame.record[index], answer, self.post_message)
        return None

    def on_counted(self, message: Counted) -> None:
        if message.scene is self._scene:
            self._asked = None
            self._counts[message.epoch] = message.counts
            self.redraw()

    # Actions: what they mean is in the table

    def action_move(self, snapshots: int) -> None:
        self._stop()
        self._move(snapshots)

    def _move(self, snapshots: int) -> None:
        frame = self.controller.frame
        if frame is None or not frame.record:
            return
        index = min(max(self._index(frame.record) + snapshots, 0), len(frame.record) - 1)
        at_end = index == len(frame.record) - 1
        self._epoch = None if at_end else frame.record[index].epoch
        if at_end:
            self._stop()
        self.redraw()

    def action_play(self) -> None:
        """From here to the newest; from the newest, from the beginning."""
        if self._timer is not None:
            self._stop()
            self.redraw()
            return
        if self._epoch is None:
            self._move(-10_000)
        self._timer = self.set_interval(PLAY_INTERVAL, lambda: self._move(1))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def on_screen_suspend(self) -> None:
        self._stop()

    def action_residual(self) -> None:
        self.controller.view.residual = not self.controller.view.residual
        self.redraw()
