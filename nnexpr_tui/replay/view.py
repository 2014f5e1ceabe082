"""Replay: back and forth through the training of one run or of several, on the axes of the whole of it.

Training may go on meanwhile. Where it stands is a time on a clock and no place in a list, so that recordings may grow
and be thinned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult, SystemCommand
from textual.containers import Vertical
from textual.timer import Timer

from nnexpr.specification import command_line
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import ChartPane, fit_chart, loss_chart
from nnexpr_tui.parts.frequencies import FrequenciesPane
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.modes import ModesPane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.over_time import ELSEWHERE, PAGE, OverTime
from nnexpr_tui.parts.palette import Palette
from nnexpr_tui.parts.table import entitle
from nnexpr_tui.parts.tangent import TangentPane
from nnexpr_tui.parts.time_maps import TimeMapsPane
from nnexpr_tui.replay import VIEW
from nnexpr_tui.replay.lanes import FIT, MARKS, Lane, LanesMoment, LanesSubject
from nnexpr_tui.replay.panes import (
    BENDS_HELP,
    FITS_HELP,
    FRONTS_HELP,
    MAPS_HELP,
    FitsPane,
    MomentPane,
    RunsPane,
)
from nnexpr_tui.replay.position import Playing, Position
from nnexpr_tui.replay.subject import ReplaySubject
from nnexpr_tui.replay.tangent import ReplayTangent
from nnexpr_tui.replay.timeline import Span, span_of, times_of
from nnexpr_tui.replay.variants import Variant, difference, variants_of
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.charts.timemap import TimeMaps
    from nnexpr_tui.replay.charts import Standing
    from nnexpr_tui.replay.tracks import Tracks
    from nnexpr_tui.training.tangent import TangentMoment

__all__ = ["ReplayView"]

PLAY_INTERVAL = 0.1
NOTHING: Line = (("Nothing is trained yet: 1 goes back to Explore, space starts.", "label"),)
WAYS = {"bends": ("places", "count"), "fronts": ("map", "front")}


class ReplayView(OverTime, entry=VIEW):
    """Scrubs the recordings of the fit, of variants of it and of kept runs."""

    HELP = """\
The snapshots kept while training, dense at the beginning, with one set of axes for all of them. Up to four runs stand
side by side, on one clock: by epoch, by seconds of training, or by loss, where each shows the first snapshot at which
it had come so low. A variant is the chosen run with one thing changed, trained here beside it."""
    FIRST = "#replay-fit"
    TOPICS = (ReplaySubject, LanesSubject)
    KERNEL = ReplayTangent
    PAGES = (*OverTime.PAGES, *WAYS)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.position, self.playing = Position(), Playing()
        self.chosen = MARKS[0]
        self._lanes = LanesMoment()
        self._runs: list[Standing] = []
        self._scenes: set[Scene] = set()
        self._asked: dict[Scene, int] = {}  # the epoch of the snapshot that is to be counted
        self._limits: dict[Scene, tuple[int, bool, tuple[float, float] | None]] = {}
        self._surveyed: object = None
        self._timer: Timer | None = None
        self._sought: Snapshot | None = None  # that of which the kernel is asked for
        self._tracks: Tracks | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="column"):
            yield FitsPane("Fit at this epoch", FITS_HELP, id="replay-fit")
            yield from self.compose_over_time("replay-")
            maps = TimeMapsPane(id="replay-maps")
            maps.help_text = MAPS_HELP
            yield maps.add_class(PAGE, f"{PAGE}-maps", ELSEWHERE)
            yield ChartPane("Bends", BENDS_HELP, id="replay-curves").add_class(
                PAGE, f"{PAGE}-curves", ELSEWHERE
            )
            yield RunsPane("Runs", id="replay-runs", classes=ELSEWHERE)
        with Vertical(classes="column", id="moment-column"):
            yield MomentPane("This moment", id="moment")
            yield FrequenciesPane("Frequencies of the error", id="replay-frequencies")

    def recordings(self) -> tuple[Recording, ...]:
        """Of all runs that are shown."""
        return tuple(run.recording for run in self._runs)

    # The runs, and where each stands

    def _standings(self, fit: FitMoment | None) -> list[Standing]:
        from nnexpr_tui.replay.charts import Standing

        self._lanes = self.controller.moment(LanesSubject) or self._lanes
        found: list[Standing] = []
        for lane in self._lanes.lanes:
            is_fit = lane.kind == FIT
            recording = fit.recording if is_fit and fit is not None else lane.recording
            if recording is None or not recording.snapshots:
                continue
            shown = replace(lane, state=fit.state) if is_fit and fit is not None else lane
            times = times_of(recording, self.position.clock)
            index = self.position.index(lane.mark, recording, times)
            counts = self._counts_of(fit, shown, recording, index)
            found.append(Standing(shown, recording, times, index, counts))
        return found

    @property
    def _run(self) -> Standing | None:
        """The chosen one."""
        chosen = [run for run in self._runs if run.lane.mark == self.chosen]
        return next(iter(chosen or self._runs), None)

    @property
    def _is_log(self) -> bool:
        """Whether time is on a logarithmic axis: maps, and what is by loss, always are."""
        return self.look.log_epochs or self.position.clock == "loss" or self.page not in ("loss", "tangent")

    @property
    def _span(self) -> Span:
        return span_of([run.times for run in self._runs], log=self._is_log)

    @property
    def _rule(self) -> float | None:
        """The time at which charts have a rule; None where it is at the end, or has no place."""
        at = self.position.at
        return None if at is None or (at <= 0 and self._is_log) else at

    def _counts_of(
        self, fit: FitMoment | None, lane: Lane, recording: Recording, index: int
    ) -> LineRegions | None:
        """What is known, asking for what is not. While a run trains on at its end, the newest that is known."""
        scene, epoch = recording.scene, recording.snapshots[index].epoch
        known = self.controller.moment(ReplaySubject)
        counts = dict(known.counts.get(scene, {})) if known is not None else {}
        if fit is not None and fit.scene is scene and fit.counts is not None:
            counts[fit.counted] = fit.counts
        if epoch not in counts and scene.countable and self._asked.get(scene) != epoch:
            self._asked[scene] = epoch
            self.controller.ask(ReplaySubject, lambda replay: replay.count(recording, index))
        moves_on = lane.state == "running" and index == len(recording.snapshots) - 1
        return counts.get(max(counts, default=epoch) if moves_on else epoch)

    # What is shown

    def show(self, fit: FitMoment | None) -> int:
        runs = self._runs = self._standings(fit)
        run = self._run
        if fit is None or run is None:
            return self.query_one(MomentPane).show_lines([NOTHING])
        self._notice(runs)
        several = len(runs) > 1
        self.set_class(several, "-several")
        table = self.query_one(RunsPane)
        table.set_class(not several, ELSEWHERE)
        self.set_markers()
        sent = self._show_fits(runs) + self._show_page(fit, runs, run)
        if several:
            sent += table.show_runs(runs, run.lane.mark, self._told())
        if not several or self.zoomed in (*self.query(MomentPane), *self.query(FrequenciesPane)):
            sent += self.query_one(MomentPane).show_moment(run, self._timer is not None)
            sent += self._show_frequencies(run)
        return sent

    def _notice(self, runs: list[Standing]) -> None:
        """Where there are other runs than before: what is known of those that are gone is forgotten."""
        scenes = {run.recording.scene for run in runs}
        if scenes == self._scenes:
            return
        if not scenes & self._scenes:  # another fit
            self.position.go(None)
        self._scenes = scenes
        self._asked = {scene: epoch for scene, epoch in self._asked.items() if scene in scenes}
        self._limits = {scene: known for scene, known in self._limits.items() if scene in scenes}
        if self._tracks is not None:
            self._tracks.keep_only(scenes)
        self.query_one(FitsPane).reset_limits()

    def _told(self) -> str:
        """When it is, for the title of the runs."""
        clock, at = self.position.clock, self.position.at
        sign = " ▶" if self._timer is not None else ""
        if at is None:
            return f"Runs at their ends, by {clock}{sign}"
        value = {"epochs": f"epoch {count(int(at))}", "seconds": f"{at:.3g} s"}.get(clock)
        return f"Runs at {value or 'loss ' + number(1 / at if at else None)}{sign}"

    def _show_fits(self, runs: list[Standing]) -> int:
        from nnexpr_tui.replay.charts import fits_chart

        pane, look = self.query_one(FitsPane), self.look
        limits = self._whole(runs, look.residual)
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

    def _whole(self, runs: list[Standing], residual: bool) -> tuple[float, float]:
        """Limits that hold every snapshot of all runs; of one found again once it has grown by a quarter."""
        from nnexpr_tui.charts.limits import snap
        from nnexpr_tui.replay.charts import fits_limits

        for run in runs:
            scene, size = run.recording.scene, len(run.recording.snapshots)
            before, was_residual, _ = self._limits.get(scene, (0, residual, None))
            if residual != was_residual or not before <= size <= 1.25 * before:
                self._limits[scene] = size, residual, fits_limits(run.recording, residual)
        known = [limits for run in runs if (limits := self._limits[run.recording.scene][2]) is not None]
        return snap(min(low for low, _ in known), max(high for _, high in known)) if known else (0.0, 1.0)

    # What stands under the fits

    @property
    def page(self) -> str:
        name = super().page
        if name not in WAYS:
            return name
        return "maps" if getattr(self.look, name) == WAYS[name][0] else "curves"

    def _show_page(self, fit: FitMoment, runs: list[Standing], run: Standing) -> int:
        pane, look = self.place(), self.look
        is_plain = len(runs) == 1 and run.lane.kind == FIT and self.position.clock == "epochs"
        if isinstance(pane, TangentPane):
            seen = replace(fit, recording=run.recording, snapshot=run.recording.snapshots[-1],
                           specification=run.recording.specification)  # fmt: skip
            return pane.show_tangent(seen, self._kernel_of(run), look)
        if isinstance(pane, ModesPane) and is_plain:
            return pane.show_modes(fit, look.modes, run.snapshot.epoch)
        if isinstance(pane, TimeMapsPane):
            return pane.show_maps(partial(self._maps, runs))
        if pane.has_class(f"{PAGE}-curves"):
            return self._show_curves(self.query_one("#replay-curves", ChartPane), runs)
        loss = self.query_one("#replay-loss", ChartPane)
        entitle(loss, "Epochs to a loss" if self.position.clock == "loss" else "Loss")
        if is_plain:
            cursor = run.snapshot.epoch, run.snapshot.loss
            return loss.update_chart(
                loss_chart(*fit.history, look=look, cursor=cursor, recording=run.recording)
            )
        return loss.update_chart(self._losses(runs))

    def _losses(self, runs: list[Standing]) -> ChartData:
        from nnexpr_tui.replay.charts import losses_chart

        return losses_chart(
            runs, self.position.clock, self._rule, log_time=self._is_log, log_loss=self.look.log_axis
        )

    def _maps(self, runs: list[Standing]) -> TimeMaps:
        """The map over time that is looked at."""
        from nnexpr_tui.replay import charts

        at = self.position.at
        if self.look.bends:
            return charts.bends_maps(runs, self._bends(runs), self._span, at)
        if self.look.fronts:
            return charts.fronts_maps(runs, self._derived(runs, "errors"), self._span, at)
        return charts.modes_maps(runs, self._derived(runs, "modes"), self._span, at)

    def _show_curves(self, pane: ChartPane, runs: list[Standing]) -> int:
        from nnexpr_tui.replay import charts

        clock, at = self.position.clock, self._rule
        if self.look.bends:
            entitle(pane, "Bends over time")
            pane.help_text = BENDS_HELP
            return pane.update_chart(
                charts.bends_chart(runs, self._bends(runs), clock, at, log_time=self._is_log)
            )
        entitle(pane, "From when on each place is learned")
        pane.help_text = FRONTS_HELP
        return pane.update_chart(charts.fronts_chart(runs, self._derived(runs, "errors"), clock, at))

    def _derived(self, runs: list[Standing], name: str) -> dict[Standing, Any]:
        from nnexpr_tui.replay.tracks import Tracks

        tracks = self._tracks = self._tracks or Tracks()
        derive = tracks.errors if name == "errors" else tracks.modes
        return {run: rows for run in runs if (rows := derive(run.recording)) is not None}

    def _bends(self, runs: list[Standing]) -> dict[Standing, Any]:
        """Those that are known by now, asking for the others; the newest snapshot is for whoever asks for it."""
        recordings = [run.recording for run in runs]
        key = [(each.scene, [snapshot.epoch for snapshot in each.snapshots[:-1]]) for each in recordings]
        if key != self._surveyed:
            self._surveyed = key
            self.controller.ask(ReplaySubject, lambda replay: replay.survey(recordings))
        known = self.controller.moment(ReplaySubject)
        return {run: known.bends.get(run.recording.scene, {}) if known is not None else {} for run in runs}

    def _kernel_of(self, run: Standing) -> TangentMoment | None:
        """What is known of this snapshot's, asking for it once; until it is there, that of another."""
        if self._sought is not run.snapshot:
            self._sought = run.snapshot
            recording, index = run.recording, run.index
            self.controller.ask(ReplayTangent, lambda kernels: kernels.seek(recording, index))
        return self.controller.moment(ReplayTangent)

    # Actions: what they mean is in the declaration

    def action_move(self, snapshots: int) -> None:
        self._stop()
        if self._runs:
            self.position.move([run.times for run in self._runs], snapshots)
            self.redraw()

    def action_play(self) -> None:
        """From here to the end; from the end, from the beginning."""
        if self._timer is not None:
            self._stop()
        elif self._runs:
            self.position.go(self.playing.begin(self._span, self.position.at, monotonic()))
            self._timer = self.set_interval(PLAY_INTERVAL, self._play_on)
        self.redraw()

    def _play_on(self) -> None:
        at = self.playing.time(self._span, monotonic())
        self.position.go(at)
        if at is None:
            self._stop()
        self.redraw()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def covered(self) -> None:
        self._stop()

    def action_speed(self, times: float) -> None:
        goes = self.playing.faster(times)
        told = f"From the first snapshot to the last in {self.playing.seconds:g} s"
        self.footer.say(told if goes else f"{told}: that is as far as it goes", error=not goes)

    def action_clock(self) -> None:
        if self._run is not None:
            self.position.turn(self._run.lane.mark, self._run.recording)
            self._turn_axes()
            self.footer.say(f"The clock goes by {self.position.clock}")

    def _turn_axes(self) -> None:
        for chart in self.query(f".{PAGE}"):
            if isinstance(chart, ChartPane):
                chart.reset_limits()
        self.redraw()

    def action_bends(self) -> None:
        self.turn_page("bends", WAYS["bends"])
        self._turn_axes()

    def action_fronts(self) -> None:
        self.turn_page("fronts", WAYS["fronts"])
        self._turn_axes()

    def action_next_run(self) -> None:
        marks = [run.lane.mark for run in self._runs]
        if self._run is not None:
            self.chosen = marks[(marks.index(self._run.lane.mark) + 1) % len(marks)]
            self.redraw()

    def action_vary(self) -> None:
        """A list of what may be changed of the chosen run."""
        run = self._run
        if run is None or not self.is_shown:
            return
        base = run.recording.specification
        choices = [
            SystemCommand(each.title, difference(base, each.specification), partial(self._vary, run, each))
            for each in variants_of(base)
        ]
        self.app.push_screen(Palette(choices, f"variants of {run.name}"))

    def _vary(self, run: Standing, variant: Variant) -> None:
        mark, specification = run.lane.mark, variant.specification
        self.controller.ask(LanesSubject, lambda lanes: lanes.vary(mark, specification))

    def action_take_away(self) -> None:
        self._ask(LanesSubject.take_away)

    def action_train(self) -> None:
        self._ask(LanesSubject.toggle)

    def action_keep(self) -> None:
        self._ask(LanesSubject.keep)

    def _ask(self, question: Callable[[LanesSubject, str], str | None]) -> None:
        """Ask it of the chosen run."""
        if self._run is not None:
            mark = self._run.lane.mark
            self.controller.ask(LanesSubject, lambda lanes: question(lanes, mark))

    def begin_with(  # type: ignore[override]
        self, *, beside: Sequence[Mapping[str, Any]] = (), runs: Sequence[str] = ()
    ) -> None:
        """The fit, and beside it what differs from it in these options; or kept runs, by their ids, in its place."""
        self.position.go(None)
        if runs:
            self.controller.ask(LanesSubject, lambda lanes: lanes.open(runs, alone=True))
        else:
            self.controller.ask(LanesSubject, lambda lanes: lanes.compare(beside))

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        run = self._run
        if run is None or (run.lane.kind == FIT and self.position.at is None):
            return super().copied()
        snapshot = run.snapshot
        lines = [command_line(run.recording.specification.replace(epochs=snapshot.epoch))]
        lines.append(f"# epoch {snapshot.epoch}: loss {snapshot.loss:.6g}")
        if run.counts is not None:
            lines.append(f"# linear regions {run.counts.count}, bends {run.counts.bends}")
        return "\n".join(lines), f"Copied the command line and the numbers of {run.lane.mark}"
