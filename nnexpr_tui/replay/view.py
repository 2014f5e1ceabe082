"""Replay: back and forth through the training, on the axes of the whole of it. Training may go on meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import FIT_HELP, ChartPane, fit_chart, loss_chart
from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.parts.frequencies import FrequenciesPane
from nnexpr_tui.parts.lines import Line, LinePane
from nnexpr_tui.parts.modes import ModesPane
from nnexpr_tui.parts.numbers import count, member_of, number
from nnexpr_tui.parts.over_time import OverTime
from nnexpr_tui.parts.table import row
from nnexpr_tui.parts.tangent import TangentPane
from nnexpr_tui.replay import VIEW
from nnexpr_tui.replay.subject import ReplaySubject
from nnexpr_tui.replay.tangent import ReplayTangent
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Scene
    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.training.tangent import TangentMoment

__all__ = ["ReplayView"]

PLAY_INTERVAL = 0.1
NOTHING: Line = (("Nothing is trained yet: 1 goes back to Explore, space starts.", "label"),)


class MomentPane(LinePane, can_focus=True):
    """A table of two columns."""

    HELP: ClassVar[str] = """\
The snapshot that is shown: its epoch, its loss, and the counts of the network as it was then."""

    def show_moment(
        self,
        scene: Scene,
        snapshot: Snapshot,
        counts: LineRegions | None,
        position: int,
        total: int,
        playing: bool,
    ) -> int:
        """Show this snapshot, the ``position``-th of ``total``. About how many bytes that sends."""
        lines: list[Line] = [
            row("Snapshot", f"{position} of {total}" + (" ▶" if playing else ""), "accent"),
            row("Epoch", count(snapshot.epoch)),
            row("Loss", number(snapshot.loss)),
            row("Learning rate", number(snapshot.learning_rate)),
            row("Seconds", f"{snapshot.seconds:.2f}"),
        ]
        if len(snapshot.losses) > 1:
            lines.append(row("Member", member_of(snapshot.member, len(snapshot.losses))))
        return self.show_lines([*lines, *counted_lines(scene, counts)])


class ReplayView(OverTime, entry=VIEW):
    """Scrubs the record of the present fit."""

    HELP = "The snapshots kept while training, evenly spread over the epochs, with one set of axes for all of them."
    FIRST = "#replay-fit"
    TOPICS = (ReplaySubject,)
    KERNEL = ReplayTangent

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._scene: Scene | None = None
        self._epoch: int | None = None  # None: the newest, whichever that is
        self._asked: int | None = None  # the epoch of the snapshot that is to be counted
        self._limits = 0, False, (0.0, 1.0)  # of so many snapshots, or of their errors
        self._timer: Timer | None = None
        self._sought: Snapshot | None = None  # that of which the kernel is asked for

    def compose(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield ChartPane("Fit at this epoch", FIT_HELP, id="replay-fit")
            yield from self.compose_over_time("replay-")
        with Vertical(classes="column", id="moment-column"):
            yield MomentPane("This moment", id="moment")
            yield FrequenciesPane("Frequencies of the error", id="replay-frequencies")

    # Where we are: an epoch, so that the record may be thinned meanwhile

    def _index(self, record: tuple[Snapshot, ...]) -> int:
        if self._epoch is None:
            return len(record) - 1
        return max((i for i, snapshot in enumerate(record) if snapshot.epoch <= self._epoch), default=0)

    def show(self, fit: FitMoment | None) -> int:
        moment = self.query_one(MomentPane)
        if fit is None or not fit.recording.snapshots:
            return moment.show_lines([NOTHING])
        if fit.scene is not self._scene:
            self._scene, self._epoch, self._asked = fit.scene, None, None
            self.query_one("#replay-fit", ChartPane).reset_limits()
        record = fit.recording.snapshots
        index = self._index(record)
        snapshot, counts = record[index], self._counts_of(fit, index)
        playing = self._timer is not None
        sent = moment.show_moment(fit.scene, snapshot, counts, index + 1, len(record), playing)
        return sent + self._show_charts(fit, snapshot, counts) + self._show_frequencies(fit, snapshot)

    def _show_frequencies(self, fit: FitMoment, snapshot: Snapshot) -> int:
        from nnexpr_tui.training.engine import frequencies

        pane = self.query_one(FrequenciesPane)
        pane.ascii = self.look.markers == "ascii"
        return pane.show(fit.scene, frequencies(fit.scene, snapshot))

    def _show_charts(self, fit: FitMoment, snapshot: Snapshot, counts: LineRegions | None) -> int:
        look = self.look
        curves, loss = self.query_one("#replay-fit", ChartPane), self.query_one("#replay-loss", ChartPane)
        self.set_markers()
        limits = self._whole(fit, look.residual)
        sent = curves.update_chart(
            fit_chart(fit.scene, snapshot, counts, residual=look.residual, y_limits=limits)
        )
        pane = self.place()
        if isinstance(pane, ModesPane):
            return sent + pane.show_modes(fit, look.modes, snapshot.epoch)
        if isinstance(pane, TangentPane):
            return sent + pane.show_tangent(fit, self._kernel_of(fit, snapshot), look)
        cursor = (snapshot.epoch, snapshot.loss)
        return sent + loss.update_chart(
            loss_chart(*fit.history, look=look, cursor=cursor, recording=fit.recording)
        )

    def _whole(self, fit: FitMoment, residual: bool) -> tuple[float, float]:
        """Limits that hold every snapshot of the record; found again once it has grown by a quarter."""
        snapshots, truth = fit.recording.snapshots, fit.scene.truth
        size, was_residual, limits = self._limits
        if residual != was_residual or not size <= len(snapshots) <= 1.25 * size:
            import numpy as np

            from nnexpr_tui.charts.limits import snap

            curves = np.stack([snapshot.prediction for snapshot in snapshots])
            shown = curves - truth if residual else np.vstack([curves, truth[None]])
            shown = shown[np.isfinite(shown)]
            limits = snap(float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
            self._limits = len(snapshots), residual, limits
        return limits

    def _counts_of(self, fit: FitMoment, index: int) -> LineRegions | None:
        """What is known, asking for what is not."""
        epoch = fit.recording.snapshots[index].epoch
        if fit.counts is not None and fit.counted == epoch:
            return fit.counts
        known = self.controller.moment(ReplaySubject)
        if known is not None and known.scene is fit.scene and epoch in known.counts:
            return known.counts[epoch]
        if fit.scene.countable and self._asked != epoch:
            self._asked = epoch
            recording = fit.recording
            self.controller.ask(ReplaySubject, lambda replay: replay.count(recording, index))
        return None

    def _kernel_of(self, fit: FitMoment, snapshot: Snapshot) -> TangentMoment | None:
        """What is known of this snapshot's, asking for it once; until it is there, that of another."""
        if self._sought is not snapshot:
            self._sought = snapshot
            recording, index = fit.recording, fit.recording.snapshots.index(snapshot)
            self.controller.ask(ReplayTangent, lambda kernels: kernels.seek(recording, index))
        return self.controller.moment(ReplayTangent)

    # Actions: what they mean is in the declaration

    def action_move(self, snapshots: int) -> None:
        self._stop()
        self._move(snapshots)

    def _move(self, snapshots: int) -> None:
        fit = self.controller.fit
        if fit is None or not fit.recording.snapshots:
            return
        record = fit.recording.snapshots
        index = min(max(self._index(record) + snapshots, 0), len(record) - 1)
        at_end = index == len(record) - 1
        self._epoch = None if at_end else record[index].epoch
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

    def covered(self) -> None:
        self._stop()
