"""Replay: back and forth through the training of one run or of several, on the axes of the whole of it.

Training may go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from nnexpr.specification import command_line
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import fit_chart
from nnexpr_tui.parts.frequencies import FrequenciesPane
from nnexpr_tui.parts.lines import wrapped
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.over_time import ELSEWHERE
from nnexpr_tui.replay import VIEW
from nnexpr_tui.replay.below import BelowView
from nnexpr_tui.replay.choosing import ChoosingView
from nnexpr_tui.replay.lanes import FIT, MARKS, LanesSubject
from nnexpr_tui.replay.panes import FITS_HELP, FitsPane, MomentPane, RunsPane
from nnexpr_tui.replay.position import Playing, Position
from nnexpr_tui.replay.subject import ReplaySubject
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.runs.recording import Recording
    from nnexpr_tui.replay.charts import Standing

__all__ = ["ReplayView"]

PLAY_INTERVAL = 0.1
NOTHING = "Nothing is trained yet: 1 goes back to Explore, space starts."


class ReplayView(BelowView, ChoosingView, entry=VIEW):
    """Scrubs the recordings of the fit, of variants of it and of kept runs."""

    HELP = """\
The snapshots kept while training, dense at the beginning, with one set of axes for all of them. Up to four runs stand
side by side, on one clock: by epoch, by seconds of training, or by loss, where each shows the first snapshot at which
it had come so low. A variant is the chosen run with one thing changed, trained here beside it."""
    FIRST = "#replay-fit"
    TOPICS = (ReplaySubject, LanesSubject)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.playing = Playing()
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield FitsPane("Fit at this epoch", FITS_HELP, id="replay-fit")
            yield from self.compose_over_time("replay-")
            yield RunsPane("Runs", id="replay-runs", classes=ELSEWHERE)
        with Vertical(classes="column", id="moment-column"):
            yield MomentPane("This moment", id="moment")
            yield FrequenciesPane("Frequencies of the error", id="replay-frequencies")

    def recordings(self) -> tuple[Recording, ...]:
        """Of all runs that are shown."""
        return tuple(run.recording for run in self.runs)

    # What is shown

    def show(self, fit: FitMoment | None) -> int:
        runs = self.runs = self.stand(fit)
        run = self.run
        if fit is None or run is None:
            pane = self.query_one(MomentPane)
            return pane.show_lines(wrapped(NOTHING, pane.size.width, "label"))
        self.notice(runs)
        if self.grant(runs):
            runs = self.runs = self.stand(fit)
            run = self.run or run
        several = len(runs) > 1
        self.set_class(several, "-several")
        table = self.query_one(RunsPane)
        table.set_class(not several, ELSEWHERE)
        self.set_markers()
        sent = self._show_fits(runs) + self.show_page(fit, runs, run)
        if several:
            sent += table.show_runs(runs, run.lane.mark, self._told())
        if not several or self.zoomed in (*self.query(MomentPane), *self.query(FrequenciesPane)):
            sent += self.query_one(MomentPane).show_moment(run, self._timer is not None)
            sent += self._show_frequencies(run)
        return sent

    def _told(self) -> str:
        """When it is."""
        clock, at = self.position.clock, self.position.at
        sign = "▶ " if self._timer is not None else ""
        if at is None:
            return f"{sign}at ends, by {clock}"
        value = {
            "epochs": f"epoch {count(int(at))}",
            "seconds": f"{at:.1f} s" if at >= 1000 else f"{at:.3g} s",
        }.get(clock)
        return f"{sign}at {value or 'loss ' + number(1 / at if at else None)}"

    def _show_fits(self, runs: list[Standing]) -> int:
        from nnexpr_tui.replay.charts import fits_chart

        pane, look = self.query_one(FitsPane), self.look
        limits = self.whole(runs, look.residual)
        if len(runs) == 1:
            [run] = runs
            scene = run.recording.scene
            return pane.show_fits(
                fit_chart(scene, run.snapshot, run.counts, residual=look.residual, y_limits=limits)
            )
        whole, parts = fits_chart(runs, residual=look.residual, limits=limits)
        return pane.show_fits(whole, () if look.together else parts)

    def _show_frequencies(self, run: Standing) -> int:
        from nnexpr_tui.training.engine import frequencies

        pane = self.query_one(FrequenciesPane)
        pane.ascii = self.look.markers == "ascii"
        return pane.show(run.recording.scene, frequencies(run.recording.scene, run.snapshot))

    # Actions: what they mean is in the declaration

    def action_move(self, snapshots: int) -> None:
        self.stop()
        if self.runs:
            self.position.move([run.times for run in self.runs], snapshots)
            self.redraw()

    def action_play(self) -> None:
        """From here to the end; from the end, from the beginning."""
        if self._timer is not None:
            self.stop()
        elif self.runs:
            self.position.go(self.playing.begin(self.span, self.position.at, monotonic()))
            self._timer = self.set_interval(PLAY_INTERVAL, self._play_on)
        self.redraw()

    def _play_on(self) -> None:
        at = self.playing.time(self.span, monotonic())
        self.position.go(at)
        if at is None:
            self.stop()
        self.redraw()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def covered(self) -> None:
        self.stop()

    def action_speed(self, times: float) -> None:
        goes = self.playing.faster(times)
        told = f"From the first snapshot to the last in {self.playing.seconds:g} s"
        self.footer.say(told if goes else f"{told}: that is as far as it goes", error=not goes)

    def action_clock(self) -> None:
        if self.run is not None:
            self.position.turn(self.run.recording)
            self.turn_axes()
            self.footer.say(f"The clock goes by {self.position.clock}")

    def begin_with(  # type: ignore[override]
        self, *, beside: Sequence[Mapping[str, Any]] = (), runs: Sequence[str] = ()
    ) -> None:
        """The fit, and beside it what differs from it in these options; or kept runs, by their ids, in its place."""
        self.stop()
        self.position, self.chosen = Position(), MARKS[0]
        self.turn_axes()
        if runs:
            self.controller.ask(LanesSubject, lambda lanes: lanes.open(runs, alone=True))
        else:
            self.controller.ask(LanesSubject, lambda lanes: lanes.compare(beside))

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        run = self.run
        if run is None or (run.lane.kind == FIT and self.position.at is None):
            return super().copied()
        snapshot = run.snapshot
        lines = [command_line(run.recording.specification.replace(epochs=snapshot.epoch))]
        lines.append(f"# epoch {snapshot.epoch}: loss {snapshot.loss:.6g}")
        if run.counts is not None:
            lines.append(f"# linear regions {run.counts.count}, bends {run.counts.bends}")
        return "\n".join(lines), f"Copied the command line and the numbers of {run.lane.mark}"
