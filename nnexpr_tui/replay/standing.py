"""The runs that Replay shows, and where each of them stands: what is common to all it draws and does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnexpr_tui.controller import Controller
from nnexpr_tui.parts.over_time import OverTime
from nnexpr_tui.replay.lanes import FIT, MARKS, Lane, LanesMoment, LanesSubject
from nnexpr_tui.replay.panes import FitsPane
from nnexpr_tui.replay.position import Position
from nnexpr_tui.replay.subject import ReplaySubject
from nnexpr_tui.replay.timeline import Span, span_of, times_of
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Recording, Scene
    from nnexpr_tui.replay.charts import Standing

__all__ = ["StandingView"]


class StandingView(OverTime):
    """``runs`` are as they were last drawn; the position is a time, so recordings may grow and be thinned."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.position = Position()
        self.chosen = MARKS[0]
        self.lanes = LanesMoment()
        self.runs: list[Standing] = []
        self._scenes: set[Scene] = set()
        self._asked: dict[Scene, int] = {}  # the epoch of the snapshot that is to be counted
        self._limits: dict[Scene, tuple[int, bool, tuple[float, float] | None]] = {}

    def stop(self) -> None:
        """Play no more."""

    def stand(self, fit: FitMoment | None) -> list[Standing]:
        from nnexpr_tui.replay.charts import Standing

        self.lanes = self.controller.moment(LanesSubject) or self.lanes
        found: list[Standing] = []
        for lane in self.lanes.lanes:
            is_fit = lane.kind == FIT
            recording = fit.recording if is_fit and fit is not None else lane.recording
            if recording is None or not recording.snapshots:
                continue
            shown = replace(lane, state=fit.state) if is_fit and fit is not None else lane
            times = times_of(recording, self.position.clock)
            index = self.position.index(recording, times)
            counts = self._counts_of(fit, shown, recording, index)
            found.append(Standing(shown, recording, times, index, counts))
        return found

    @property
    def run(self) -> Standing | None:
        """The chosen one."""
        chosen = [run for run in self.runs if run.lane.mark == self.chosen]
        return next(iter(chosen or self.runs), None)

    @property
    def is_log(self) -> bool:
        """Whether time is on a logarithmic axis: maps, and what is by loss, always are."""
        return self.look.log_epochs or self.position.clock == "loss" or self.page not in ("loss", "tangent")

    @property
    def span(self) -> Span:
        return span_of([run.times for run in self.runs], log=self.is_log)

    @property
    def rule(self) -> float | None:
        """The time at which charts have a rule; None where it is at the end, or has no place."""
        at = self.position.at
        return None if at is None or (at <= 0 and self.is_log) else at

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

    def notice(self, runs: list[Standing]) -> None:
        """Where there are other runs than before: what is known of those that are gone is forgotten."""
        scenes = {run.recording.scene for run in runs}
        if scenes == self._scenes:
            return
        if not scenes & self._scenes:  # another fit
            self.position.go(None)
        if self.position.pinned is not None and self.position.pinned[0] not in scenes:
            self.position.pinned = None
        self._scenes = scenes
        self.forget(scenes)
        self.query_one(FitsPane).reset_limits()

    def forget(self, scenes: set[Scene]) -> None:
        """All that is known of others than these."""
        self._asked = {scene: epoch for scene, epoch in self._asked.items() if scene in scenes}
        self._limits = {scene: known for scene, known in self._limits.items() if scene in scenes}

    def whole(self, runs: list[Standing], residual: bool) -> tuple[float, float]:
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
