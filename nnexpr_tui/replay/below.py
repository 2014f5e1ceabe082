"""What stands under the fits in Replay: losses, modes, bends, the error over x, or the tangent kernel, over time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.charts import ChartPane, loss_chart
from nnexpr_tui.parts.modes import MEMBER, ModesPane
from nnexpr_tui.parts.over_time import ELSEWHERE, PAGE, OverTime
from nnexpr_tui.parts.table import entitle
from nnexpr_tui.parts.tangent import TangentPane
from nnexpr_tui.parts.time_maps import TimeMapsPane
from nnexpr_tui.replay.lanes import FIT
from nnexpr_tui.replay.panes import BENDS_HELP, FRONTS_HELP, MAPS_HELP
from nnexpr_tui.replay.standing import StandingView
from nnexpr_tui.replay.subject import ReplaySubject
from nnexpr_tui.replay.tangent import ReplayTangent
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.runs.recording import Scene
    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.charts.timemap import TimeMaps
    from nnexpr_tui.replay.charts import Standing
    from nnexpr_tui.replay.tracks import Tracks
    from nnexpr_tui.training.tangent import TangentMoment

__all__ = ["BelowView"]

WAYS = {
    "bends": ("places", "count"),
    "fronts": ("map", "front"),
}  # the first of each is a map, the other a chart


class BelowView(StandingView):
    """One page of several, of all runs at one time."""

    KERNEL = ReplayTangent
    PAGES = (*OverTime.PAGES, *WAYS)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._surveyed: object = None
        self._sought: Snapshot | None = None  # that of which the kernel is asked for
        self._tracks: Tracks | None = None

    def compose_over_time(self, prefix: str = "") -> ComposeResult:
        yield from super().compose_over_time(prefix)
        maps = TimeMapsPane(id="replay-maps")
        maps.help_text = MAPS_HELP
        yield maps.add_class(PAGE, f"{PAGE}-maps", ELSEWHERE)
        yield ChartPane("Bends", BENDS_HELP, id="replay-curves").add_class(PAGE, f"{PAGE}-curves", ELSEWHERE)

    def forget(self, scenes: set[Scene]) -> None:
        super().forget(scenes)
        if self._tracks is not None:
            self._tracks.keep_only(scenes)

    @property
    def page(self) -> str:
        name = super().page
        if name not in WAYS:
            return name
        return "maps" if getattr(self.look, name) == WAYS[name][0] else "curves"

    @property
    def modes_of(self) -> tuple[str, ...]:
        """Maps on the clock of all runs are of the shown member of each."""
        return super().modes_of if self._is_plain(self.runs) else (MEMBER,)

    def _is_plain(self, runs: list[Standing]) -> bool:
        """Whether it is as in Explore: the fit alone, by epochs."""
        return len(runs) == 1 and runs[0].lane.kind == FIT and self.position.clock == "epochs"

    def show_page(self, fit: FitMoment, runs: list[Standing], run: Standing) -> int:
        pane, look = self.place(), self.look
        is_plain = self._is_plain(runs)
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
            runs, self.position.clock, self.rule, log_time=self.is_log, log_loss=self.look.log_axis
        )

    def _maps(self, runs: list[Standing]) -> TimeMaps:
        """The map over time that is looked at."""
        from nnexpr_tui.replay import charts

        at = self.position.at
        if self.look.bends:
            return charts.bends_maps(runs, self._bends(runs), self.span, at)
        if self.look.fronts:
            return charts.fronts_maps(runs, self._derived(runs, "errors"), self.span, at)
        return charts.modes_maps(runs, self._derived(runs, "modes"), self.span, at)

    def _show_curves(self, pane: ChartPane, runs: list[Standing]) -> int:
        from nnexpr_tui.replay import charts

        clock, at = self.position.clock, self.rule
        if self.look.bends:
            entitle(pane, "Bends over time")
            pane.help_text = BENDS_HELP
            return pane.update_chart(
                charts.bends_chart(runs, self._bends(runs), clock, at, log_time=self.is_log)
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

    def action_bends(self) -> None:
        self.turn_page("bends", WAYS["bends"])
        self.turn_axes()

    def action_fronts(self) -> None:
        self.turn_page("fronts", WAYS["fronts"])
        self.turn_axes()

    def turn_axes(self) -> None:
        for chart in self.query(f".{PAGE}"):
            if isinstance(chart, ChartPane):
                chart.reset_limits()
        self.redraw()
